"""Schemas in words: lines of plain text, code and links, which the template makes markup of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.api.openapi.operation import Json

_LIMITS = {
    "pattern": "matches",
    "minLength": "min. length",
    "maxLength": "max. length",
    "minimum": "min.",
    "maximum": "max.",
    "default": "default",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: code, a link to the place on the page that `target` names, or plain text."""

    text: str
    code: bool = False
    target: str = ""


Line = tuple[Piece, ...]


def anchor(name: str) -> str:
    """Return where a named schema stands on the page."""
    return f"schema-{name}"


def prose(text: str) -> Line:
    """Return a text, in which what stands between backticks is code."""
    return tuple(Piece(part, code=n % 2 == 1) for n, part in enumerate(text.split("`")) if part)


def type_of(schema: Json) -> Line:
    """Return a schema's type; a named one is a link."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return (Piece(name, target=anchor(name)),)
        case {"anyOf": list(choices)}:
            return _between(" or ", map(type_of, choices))
        case {"enum": list(values)}:
            return _between(", ", ((_code(value),) for value in values))
        case {"const": value}:
            return (_code(value),)
        case {"type": "array", "items": dict(items)}:
            return (Piece("list of "), *type_of(items))
        case {"type": "object", "additionalProperties": dict(members)}:
            return (Piece("object, each value a "), *type_of(members))
        case {"type": str(kind)}:
            return (Piece(schema.get("format", kind)),)
        case _:
            return (Piece("any JSON"),)


def limits_of(schema: Json) -> Line:
    """Return what else has to hold for a value, and what it is by default unless that is nothing."""
    return _between("; ", _limits(schema))


def _limits(schema: Json) -> Iterator[Line]:
    for key, words in _LIMITS.items():
        if schema.get(key) is not None:
            yield Piece(f"{words} "), _code(schema[key])


def _code(value: object) -> Piece:
    return Piece(str(value).lower() if isinstance(value, bool) else str(value), code=True)


def _between(separator: str, lines: Iterable[Line]) -> Line:
    pieces = [piece for line in lines for piece in (Piece(separator), *line)]
    return tuple(pieces[1:])
