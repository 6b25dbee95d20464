"""What an import error says in a line: its type, its last words without secrets, and where in the file it happened.

A stack trace may hold secrets (a connection string in a message, a password in a quoted line), so it is read and then
forgotten; only what is made here is stored or shown.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.adf.secrets import MASK, masked

LONGEST_MESSAGE = 200
# More than the message needs, less than a regular expression minds.
_LONGEST_LINE = 4000

_FRAME = re.compile(
    r"""^[ ]*File\ "(?P<file>[^"\n]+)",\ line\ (?P<line>\d{1,9})[^\n]*\n
    (?P<below>(?:[ \t]+(?![ \t]|File\ ")[^\n]*\n)*)""",
    re.MULTILINE | re.VERBOSE,
)
# Before each line of the trace of a group of exceptions.
_GROUP, _GUTTER = "Exception Group Traceback", re.compile(r"^  [|+] ", re.MULTILINE)
_EXCEPTION = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?::(?: (?P<message>.*))?)?")

# A name is matched from its beginning only: else each of its letters would be tried as one, which takes minutes.
_NAMED = re.compile(
    r"""(?<![\w.-])(?P<name>[\w.-]*
    (?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|account|access|private)[_-]?key|credential|\bsig)[\w.-]*
    ["']?\s*[=:]\s*(?:[bru]{0,2}["'])?)
    (?:(?<=")(?:[^"\\]|\\.)*|(?<=')(?:[^'\\]|\\.)*|\{[^}]*\}|[^\s"',;&)}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)
# A user and a password before a host, also where the rest is no URL: a URL that cannot be parsed is quoted as it is.
_LOGIN = re.compile(r"""(?<![^\s"'/(=])[^\s"'/:@=]+:(?!//)[^\s"']+@""")
_SCHEMES = re.compile(r"\b(?P<scheme>Bearer|Basic)\s+\S+", re.IGNORECASE)
_KEYS = re.compile(
    r"""eyJ[\w-]+\.[\w.-]+                                                      # a JSON web token
    | \b[0-9a-fA-F]{32,}\b
    | (?<![\w+/])(?=[^\s"']*[0-9])(?=[^\s"']*[a-z])(?=[^\s"']*[A-Z])[\w+/-]{40,}={0,2}  # base64, in both alphabets
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Why Airflow could not import a file.

    `message` is the last line of the stack trace after the type, at most 200 characters. `line` counts from 1 and is
    None where no frame of the trace lies in the file; `quoted` is that line's text as the trace has it, for comparing.
    """

    type: str
    message: str
    line: int | None
    quoted: str = field(default="", repr=False, compare=False)


def read_stack_trace(text: str, path: str) -> ImportProblem:
    """Sum up the stack trace of a file; any text gives an answer.

    `path` is its place on Airflow's disk where that is known, else the one below `dags/`, which is at the top of others
    that end in it.
    """
    text = _GUTTER.sub("", text) if _GROUP in text else text
    frames = list(_FRAME.finditer(text))
    rest = text[frames[-1].end() :] if frames else text
    kind, message = _exception(rest.splitlines(), first=bool(frames))
    own = [frame for frame in frames if _is(frame["file"], path)]
    if not own:
        return ImportProblem(kind, message, None)
    shortest = min(len(frame["file"]) for frame in own)
    own = [frame for frame in own if len(frame["file"]) == shortest]
    return ImportProblem(kind, message, int(own[-1]["line"]), _quoted(own[-1]["below"]))


def without_secrets_of(text: str) -> str:
    """Return a sentence without what looks like a secret: named ones, users in URLs, tokens, keys."""
    text = _LOGIN.sub(f"{MASK}@", text)
    for pattern, kept in ((_SCHEMES, rf"\g<scheme> {MASK}"), (_NAMED, rf"\g<name>{MASK}"), (_KEYS, MASK)):
        text = pattern.sub(kept, text)
    return str(masked(text))


def _exception(lines: Iterable[str], *, first: bool) -> tuple[str, str]:
    """Return type and message; below the last frame the exception's line is the first one, without frames the last."""
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        return "Error", ""
    line = found[0] if first else found[-1]
    if first and line.endswith(":") and " " not in line:
        # The message begins with an empty line, as those in triple quotes do.
        line = " ".join(found[:2])
    line = line[:_LONGEST_LINE]
    match = _EXCEPTION.fullmatch(line)
    kind, message = (match["type"].rpartition(".")[2], match["message"] or "") if match else ("Error", line)
    return kind[:LONGEST_MESSAGE], without_secrets_of(message)[:LONGEST_MESSAGE]


def _is(frame_file: str, path: str) -> bool:
    return frame_file == path or frame_file.endswith(f"/{path}")


def _quoted(below: str) -> str:
    return next((line.strip() for line in below.splitlines() if line.strip()), "")
