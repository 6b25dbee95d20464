"""Blob path patterns: `container/{name}.csv` (BlobPath and BindingTemplate in the WebJobs SDK).

A `{name}` is greedy and matches `/` too, but no line break. `{{` and `}}` are literal braces. The container is literal
and compared without regard to case; a bare container means every blob in it.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z_]\w*)\}|(?P<text>[^{}]+)")


@dataclass(frozen=True, slots=True)
class BlobPath:
    """A parsed pattern."""

    container: str
    pattern: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> "BlobPath":
        """Parse a pattern; raise ValueError for one that is not legal."""
        container, _, blob = text.strip("/").partition("/")
        if not container or "{" in container:
            raise ValueError(f"blob path {text!r}: expected a container's name before the first /")
        return cls(container.lower(), re.compile(_regex(blob) if blob else ".*"))

    def match(self, container: str, blob: str) -> dict[str, str] | None:
        """Return what the pattern captures, or None if the blob is not one of its."""
        match = self.pattern.fullmatch(blob) if container.lower() == self.container else None
        return None if match is None else match.groupdict()


def _regex(blob: str) -> str:
    pieces, end = [], 0
    for match in _TOKEN.finditer(blob):
        if match.start() != end:
            break
        pieces.append(_piece(match))
        end = match.end()
    if end != len(blob):
        raise ValueError(f"blob path {blob!r}: the brace at position {end} belongs to no {{name}}")
    return "".join(pieces)


def _piece(match: re.Match[str]) -> str:
    if match["name"]:
        return f"(?P<{match['name']}>.*)"
    return re.escape(match["text"] or match[0][0])
