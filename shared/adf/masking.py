"""Secrets go in and never come out: the one place that knows which values of an environment are secret."""

import re
from typing import Any

MASK = "********"

SECRET_KEYS = frozenset({"password", "credential", "secrets", "encryptedsecrets"})
# Key Vault's own documentation page tells users to put client secrets into these, so no value of them is shown.
SECRET_MAPS = frozenset({"airflowenvironmentvariables", "environmentvariables", "airflowconfigurationoverrides"})
_URL_USER = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def masked(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same shape out
    """Return the JSON value with every secret in it replaced by `MASK`; keys are compared without regard to case."""
    match value:
        case dict():
            return {key: _masked_member(key, member) for key, member in value.items()}
        case list():
            return [masked(item) for item in value]
        case str():
            return _URL_USER.sub(MASK, value)
        case _:
            return value


def _masked_member(key: str, member: Any) -> Any:  # noqa: ANN401
    if key.lower() in SECRET_KEYS:
        return MASK if member else member
    if key.lower() in SECRET_MAPS:
        return dict.fromkeys(member, MASK) if isinstance(member, dict) else MASK if member else member
    return masked(member)
