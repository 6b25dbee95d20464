"""f-strings that only Python 3.12 and newer take (PEP 701), found where the relay itself runs on one of those.

An older Python ends an f-string at the first of its quotes, and takes neither a backslash nor a comment in a
replacement field, nor a line break where the quotes are single. 3.14's t-strings are not looked at: there are none
that an older Python takes.
"""

import io
import token
import tokenize
from collections.abc import Iterator

_START: int | None = getattr(token, "FSTRING_START", None)
_MIDDLE: int | None = getattr(token, "FSTRING_MIDDLE", None)
_END: int | None = getattr(token, "FSTRING_END", None)


def first_new(text: str) -> int | None:
    """Return the line of the first such f-string of a file that the relay's Python has parsed."""
    if _START is None:
        return None
    try:
        return next(_new(text), None)
    except tokenize.TokenError:
        return None


def _new(text: str) -> Iterator[int]:
    around: list[str] = []
    for found in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
        if found.type == _END:
            around.pop()
        elif around and not (found.type == _MIDDLE and len(around) == 1) and _is_new(found, around):
            yield found.start[0]
        if found.type == _START:
            around.append(found.string.lstrip("fFrRbB"))


def _is_new(found: tokenize.TokenInfo, around: list[str]) -> bool:
    """Whether a token in a replacement field is one that the f-strings around it did not take before."""
    if found.type in {tokenize.NL, tokenize.NEWLINE}:
        return any(len(quotes) == 1 for quotes in around)
    if found.type == tokenize.COMMENT or "\\" in found.string:
        return True
    return any(quotes in found.string for quotes in around)
