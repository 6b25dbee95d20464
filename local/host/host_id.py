"""The name under which one app keeps its state in storage.

Rule (ScriptHostIdProvider): an app on a developer's machine is `<machine>-<hash of the app's path>`, at most 32
characters; AzureFunctionsWebHost__hostid overrides it.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from local.host.errors import StartError

_LONGEST = 32


def host_id(machine: str, app_dir: Path, env: Mapping[str, str]) -> str:
    """Return the host id; raise StartError if the setting that overrides it is not a legal one."""
    override = env.get("AzureFunctionsWebHost__hostid")
    if override is not None:
        return _checked(override.lower())
    letters = re.sub(r"[^a-z0-9]", "", machine.lower())
    return f"{letters}-{abs(stable_hash(str(app_dir)))}"[-_LONGEST:].strip("-")


def stable_hash(text: str) -> int:
    """Hash like .NET's hosts do: 32 bits, signed, the same in every process."""
    value = 23
    for character in text:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def _checked(text: str) -> str:
    # It becomes part of a queue's name.
    if not re.fullmatch(rf"(?=.{{1,{_LONGEST}}}$)[a-z0-9]+(?:-[a-z0-9]+)*", text):
        raise StartError(f"AzureFunctionsWebHost__hostid has 1 to {_LONGEST} letters, digits and single dashes")
    return text
