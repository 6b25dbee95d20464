"""What a PUT of a spec would change: the spec against the environment as Data Factory shows it, secrets never shown.

A PUT replaces the whole resource, so what is there and not in the spec would go. Where it is not certain that two
values mean the same, they count as different: a PUT too many does no harm, one too few does.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adf.secrets import SECRET_KEYS, SECRET_MAPS, masked
from shared.adf.spec import is_made_by_service, is_nothing

SET, CHANGED = "set", "changed"
# A spec has five levels; below that a value is compared as a whole.
_DEEPEST = 64
_Path = tuple[str, ...]
_Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SpecChange:
    """One value that would be another one, as JSON without secrets; None stands for what is not there.

    A secret is only `set` or `changed`. Those that Data Factory never shows count as changed whenever they are sent.
    """

    path: _Path
    before: Any
    after: Any


def changes(existing: _Members | None, spec: _Members) -> tuple[SpecChange, ...]:
    """Return what would change, in the order of the spec; everything in it if there is no such environment yet."""
    return tuple(_members((), existing or {}, spec))


def _members(path: _Path, there: _Members, asked: _Members) -> Iterator[SpecChange]:
    for key, before, after in _pairs(there, asked, str.lower):
        if not is_made_by_service((*path, key), before, after):
            yield from _member((*path, key), before, after)


def _member(path: _Path, before: Any, after: Any) -> Iterator[SpecChange]:  # noqa: ANN401 - any JSON values
    name = path[-1].lower()
    if name in SECRET_KEYS:
        yield from _secret(path, before, after, shown=False)
    elif name in SECRET_MAPS and _is_section(before, after):
        for key, old, new in _pairs(before or {}, after or {}, str):
            yield from _secret((*path, key), old, new, shown=True)
    elif name in SECRET_MAPS:
        yield from _secret(path, before, after, shown=True)
    elif _is_section(before, after) and len(path) < _DEEPEST:
        yield from _members(path, before or {}, after or {})
    elif not _same(before, after):
        yield SpecChange(path, masked(before), masked(after))


def _secret(path: _Path, before: Any, after: Any, *, shown: bool) -> Iterator[SpecChange]:  # noqa: ANN401
    if is_nothing(before) and is_nothing(after):
        return
    if is_nothing(after):
        yield SpecChange(path, SET, None)
    elif is_nothing(before):
        yield SpecChange(path, None, SET)
    elif not (shown and _same(before, after)):
        yield SpecChange(path, SET, CHANGED)


def _pairs(there: _Members, asked: _Members, fold: Callable[[str], str]) -> Iterator[tuple[str, Any, Any]]:
    """Return each key with the value that is there and the one requested; keys that are equal when folded are one."""
    folded = {fold(key): value for key, value in there.items()}
    yield from ((key, folded.get(fold(key)), value) for key, value in asked.items())
    left = folded.keys() - {fold(key) for key in asked}
    yield from ((key, value, None) for key, value in there.items() if fold(key) in left)


def _is_section(before: Any, after: Any) -> bool:  # noqa: ANN401
    """Whether both are objects, or one is and the other is not there."""
    values = [value for value in (before, after) if value is not None]
    return bool(values) and all(isinstance(value, Mapping) for value in values)


def _same(before: Any, after: Any) -> bool:  # noqa: ANN401
    return (is_nothing(before) and is_nothing(after)) or _canonical(before) == _canonical(after)


def _canonical(value: Any) -> tuple[str, str]:  # noqa: ANN401
    """Return a form in which 2 and "2" are equal (Data Factory shows numbers as text at times), but not 1 and true."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return "text", str(value)
    return "json", json.dumps(value, sort_keys=True, default=str)
