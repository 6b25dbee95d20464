"""URLs as the host reads them: escapes that are no UTF-8 stay as they are, and names of the query have no case."""

import re
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes, urlsplit

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE_LENGTH = 3


def decoded(text: str) -> str:
    """Decode the escapes of a text, once; those that are no UTF-8 stay."""
    return _ESCAPES.sub(lambda match: _decoded_escapes(match[0]), text)


def _decoded_escapes(escapes: str) -> str:
    try:
        return unquote_to_bytes(escapes).decode()
    except UnicodeDecodeError as error:
        begin, end = error.start * _ESCAPE_LENGTH, error.end * _ESCAPE_LENGTH
        return unquote_to_bytes(escapes[:begin]).decode() + escapes[begin:end] + _decoded_escapes(escapes[end:])


def decoded_path(raw_path: str) -> str:
    """Decode a request's path; `%2F` separates nothing and stays, dot segments lead where they lead."""
    pieces = re.split("(?i)(%2f)", raw_path)
    path = "".join(each if each.upper() == "%2F" else decoded(each) for each in pieces)
    return _without_dots(path)


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    kept: list[str] = []
    first, *segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join([first, *kept])


class Query:
    """The query of a request: the values of a name in any case, in order."""

    def __init__(self, raw_query: str) -> None:
        pairs = (pair.partition("=") for pair in raw_query.split("&") if pair)
        self.pairs = [(_form_decoded(name), _form_decoded(value)) for name, _, value in pairs]

    def get(self, name: str) -> str | None:
        """Return the first value of a name, or None."""
        return next((value for each, value in self.pairs if each.lower() == name.lower()), None)

    def joined(self) -> dict[str, str]:
        """Return the values of each name, joined by commas; a name has the case that it came with last."""
        names = {each.lower(): each for each, _ in self.pairs}
        return {
            names[key]: ",".join(value for each, value in self.pairs if each.lower() == key)
            for key in dict.fromkeys(each.lower() for each, _ in self.pairs)
        }


def _form_decoded(text: str) -> str:
    return decoded(text.replace("+", " "))


def blob_of_url(url: str) -> tuple[str, str]:
    """Return container and name of a blob's URL; the name is empty in that of a container.

    A `#` that should be escaped belongs to the name, and a `?` does not. Where the host is an address, as an
    emulator's, the account comes first in the path. Raises ValueError for a URL that is not absolute or names no
    container.
    """
    parts = urlsplit(url)
    path = parts.path + (f"#{parts.fragment}" if parts.fragment and not parts.query else "")
    segments = path.removeprefix("/")
    if _is_address(parts.hostname or ""):
        segments = segments.partition("/")[2]
    container, _, name = segments.partition("/")
    if not parts.scheme or not container:
        raise ValueError(f"expected the URL of a blob, got {url!r}")
    return decoded(container), decoded(name)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
