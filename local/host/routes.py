"""ASP.NET route templates: what a path has to look like, and what its parts are called.

`{name}`, `{name:constraint}`, `{name?}`, `{name=default}`, `{*rest}` and mixed segments like `{name}.{ext}`. Literals
are compared without regard to case. Of two templates that fit, the one that is more literal wins, segment by segment.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

_PARAMETER = re.compile(
    r"\{(?P<stars>\*{0,2})(?P<name>\w+)(?P<constraints>(?::\w+(?:\((?:[^()]|\([^()]*\))*\))?)*)"
    r"(?:=(?P<default>[^}?]*)|(?P<optional>\?))?\}"
)
_CONSTRAINT = re.compile(r":(\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?")
# The rank of a segment: literal, constrained, free, catch-all (RoutePrecedence in ASP.NET Core).
_LITERAL, _CONSTRAINED, _FREE, _CATCH_ALL = range(1, 5)

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template."""

    pattern: re.Pattern[str]
    checks: tuple[tuple[str, Check], ...]
    defaults: Mapping[str, str]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parts of a decoded path, or None if it does not fit. An optional part may be missing."""
        match = self.pattern.fullmatch(path)
        if match is None:
            return None
        values = {name: value for name, value in match.groupdict().items() if value}
        if any(name in values and not check(values[name]) for name, check in self.checks):
            return None
        return {**self.defaults, **values}


def parse(template: str) -> Template:
    """Parse a route template; raise ValueError for one that is not legal or has an unknown constraint."""
    segments = [each for each in template.strip("/").split("/") if each]
    parameters = [match for segment in segments for match in _PARAMETER.finditer(segment)]
    if any(set("{}") & set(_PARAMETER.sub("", segment)) for segment in segments):
        raise ValueError(f"route {template!r} has a brace that belongs to no parameter")
    return Template(
        pattern=re.compile("".join(map(_segment_pattern, segments)) + "/?", re.IGNORECASE | re.DOTALL),
        checks=tuple((match["name"], check) for match in parameters for check in _checks(match["constraints"])),
        defaults={match["name"]: match["default"] for match in parameters if match["default"] is not None},
        rank=tuple(map(_rank, segments)),
    )


def decode_path(raw_path: str) -> str:
    """Decode a request's path once, and leave `%2F` as it is (as Kestrel does), so that it separates nothing."""
    return "".join(each if each.upper() == "%2F" else unquote(each) for each in re.split("(?i)(%2f)", raw_path))


def by_precedence(templates: Iterable[tuple[Template, str]]) -> list[tuple[Template, str]]:
    """Sort pairs of template and function name: the most literal first."""
    return sorted(templates, key=lambda pair: (pair[0].rank, pair[1]))


def _segment_pattern(segment: str) -> str:
    whole = _PARAMETER.fullmatch(segment)
    if whole and whole["stars"]:
        return f"(?:/(?P<{whole['name']}>.*))?"
    if whole and (whole["optional"] or whole["default"] is not None):
        return f"(?:/(?P<{whole['name']}>[^/]+))?"
    return "/" + "".join(_pieces(segment))


def _pieces(segment: str) -> Iterable[str]:
    end = 0
    for match in _PARAMETER.finditer(segment):
        yield re.escape(segment[end : match.start()])
        yield f"(?P<{match['name']}>[^/]+)"
        end = match.end()
    yield re.escape(segment[end:])


def _rank(segment: str) -> int:
    match = _PARAMETER.search(segment)
    if match is None:
        return _LITERAL
    if match["stars"]:
        return _CATCH_ALL
    return _CONSTRAINED if match["constraints"] or match[0] != segment else _FREE


def _checks(constraints: str) -> Iterable[Check]:
    for name, argument in _CONSTRAINT.findall(constraints):
        if name not in _CONSTRAINTS:
            raise ValueError(f"route constraint {name!r} is not one of {', '.join(sorted(_CONSTRAINTS))}")
        yield _CONSTRAINTS[name](argument)


def _whole(pattern: str) -> Callable[[str], Check]:
    return lambda _argument: lambda value: re.fullmatch(pattern, value, re.IGNORECASE) is not None


def _integer(bits: int) -> Callable[[str], Check]:
    def check(value: str) -> bool:
        return bool(re.fullmatch(r"[+-]?\d+", value, re.ASCII)) and -(1 << bits) <= int(value) < 1 << bits

    return lambda _argument: check


def _is_guid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _length(argument: str) -> Check:
    shortest, _, longest = argument.partition(",")
    return lambda value: int(shortest) <= len(value) <= int(longest or shortest)


def _range(argument: str) -> Check:
    lowest, _, highest = argument.partition(",")
    return lambda value: _is_long(value) and int(lowest) <= int(value) <= int(highest)


_is_long = _integer(63)("")
_CONSTRAINTS: Mapping[str, Callable[[str], Check]] = {
    "alpha": _whole(r"[a-z]*"),
    "bool": _whole(r"true|false"),
    "decimal": _whole(r"[+-]?\d+(?:\.\d+)?"),
    "double": _whole(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"),
    "float": _whole(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"),
    "guid": lambda _argument: _is_guid,
    "int": _integer(31),
    "length": _length,
    "long": _integer(63),
    "max": lambda argument: lambda value: _is_long(value) and int(value) <= int(argument),
    "maxlength": lambda argument: lambda value: len(value) <= int(argument),
    "min": lambda argument: lambda value: _is_long(value) and int(value) >= int(argument),
    "minlength": lambda argument: lambda value: len(value) >= int(argument),
    "range": _range,
    "regex": lambda argument: lambda value: re.search(argument, value, re.IGNORECASE) is not None,
}
