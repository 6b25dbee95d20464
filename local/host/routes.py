"""Route templates: what a path has to look like, and what its parts are called.

Of ASP.NET's templates those that an app of this kind needs: literals, `{name}` and `{name?}` for a whole segment, of a
length if wanted (`{name:maxlength(9)}`), and `{*rest}` for all that is left. Literals are compared without regard to
case. There is no precedence: of templates that fit, the one whose function comes first in the alphabet wins, however
general it is.
"""

import re
from dataclasses import dataclass

_PARAMETER = re.compile(r"\{(?P<star>\*)?(?P<name>\w+)(?::maxlength\((?P<longest>\d+)\))?(?P<optional>\?)?\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template."""

    pattern: re.Pattern[str]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parts of a decoded path, or None if it does not fit. What is optional may be left out."""
        match = self.pattern.fullmatch(path)
        return match and {name: value for name, value in match.groupdict().items() if value}


def parse(template: str) -> Template:
    """Parse a route template; raise ValueError for one that is not legal or of a kind that is not known here."""
    segments = [each for each in template.strip("/").split("/") if each]
    pattern = "".join(_piece(segment, template) for segment in segments) + "/?"
    return Template(re.compile(pattern, re.IGNORECASE | re.DOTALL))


def _piece(segment: str, template: str) -> str:
    parameter = _PARAMETER.fullmatch(segment)
    if parameter is None and set("{}") & set(segment):
        raise ValueError(
            f"route {template!r}: expected literals, {{name}}, {{name?}}, {{name:maxlength(9)}} and {{*rest}}"
        )
    if parameter is None:
        return "/" + re.escape(segment)
    if parameter["star"]:
        # An empty segment in front of a catch-all fits nothing.
        return f"(?:/(?P<{parameter['name']}>(?!/).*))?"
    piece = f"/(?P<{parameter['name']}>[^/]{{0,{parameter['longest'] or ''}}})"
    return f"(?:{piece})?" if parameter["optional"] else f"(?!/(?:/|$)){piece}"
