"""Route templates: what a path has to look like, and what its parts are called.

Of ASP.NET's templates those that an app of this kind needs: literals, `{name}` for a whole segment and `{*rest}` for
all that is left. Literals are compared without regard to case. Of two templates that fit, the one that is more literal
wins, segment by segment.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PARAMETER = re.compile(r"\{(?P<star>\*?)(?P<name>\w+)\}")
# The rank of a segment: literal, free, catch-all (RoutePrecedence in ASP.NET Core).
_LITERAL, _FREE, _CATCH_ALL = range(3)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template."""

    pattern: re.Pattern[str]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parts of a decoded path, or None if it does not fit. Of a catch-all nothing may be left."""
        match = self.pattern.fullmatch(path)
        return match and {name: value for name, value in match.groupdict().items() if value}


def parse(template: str) -> Template:
    """Parse a route template; raise ValueError for one that is not legal or of a kind that is not known here."""
    segments = [each for each in template.strip("/").split("/") if each]
    pieces = [_piece(segment, template) for segment in segments]
    pattern = "".join(piece for piece, _ in pieces) + "/?"
    return Template(re.compile(pattern, re.IGNORECASE | re.DOTALL), tuple(rank for _, rank in pieces))


def by_precedence(templates: Iterable[tuple[Template, str]]) -> list[tuple[Template, str]]:
    """Sort pairs of template and function name: the most literal first."""
    return sorted(templates, key=lambda pair: (pair[0].rank, pair[1]))


def _piece(segment: str, template: str) -> tuple[str, int]:
    parameter = _PARAMETER.fullmatch(segment)
    if parameter is None and set("{}") & set(segment):
        raise ValueError(f"route {template!r}: the stand-in host knows {{name}} and {{*rest}} as whole segments only")
    if parameter is None:
        return "/" + re.escape(segment), _LITERAL
    if parameter["star"]:
        # An empty segment in front of a catch-all fits nothing.
        return f"(?:/(?P<{parameter['name']}>(?!/).*))?", _CATCH_ALL
    return f"/(?P<{parameter['name']}>[^/]+)", _FREE
