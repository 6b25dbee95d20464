"""Schemas on the reference page: what a value looks like, in a few words, and a table for each named one."""

from collections.abc import Iterator

from shared.api.openapi.html import Html, element, joined, prose
from shared.api.openapi.operation import Json

_LIMITS = {
    "pattern": "matches",
    "minLength": "min. length",
    "maxLength": "max. length",
    "minimum": "min.",
    "maximum": "max.",
    "default": "default",
}


def anchor(name: str) -> str:
    """Return where a named schema stands on the page."""
    return f"schema-{name}"


def type_of(schema: Json) -> Html:
    """Return a schema's type in words; a named one is a link."""
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            return element("a", name, href=f"#{anchor(name)}")
        case {"anyOf": list(choices)}:
            return _between(" or ", [type_of(choice) for choice in choices])
        case {"enum": list(values)}:
            return _between(", ", [element("code", str(value)) for value in values])
        case {"const": value}:
            return element("code", str(value))
        case {"type": "array", "items": dict(items)}:
            return joined("list of ", type_of(items))
        case {"type": "object", "additionalProperties": dict(members)}:
            return joined("object, each value a ", type_of(members))
        case {"type": str(kind)}:
            return joined(schema.get("format", kind))
        case _:
            return joined("any JSON")


def limits_of(schema: Json) -> Html:
    """Return what else has to hold for a value."""
    found = [
        joined(f"{words} ", element("code", _text(schema[key]))) for key, words in _LIMITS.items() if key in schema
    ]
    return _between("; ", found)


def schema_sections(schemas: Json) -> Iterator[Html]:
    """Return a section for each named schema."""
    for name, schema in sorted(schemas.items()):
        yield element(
            "section",
            element("h3", name),
            element("p", prose(schema["description"])) if "description" in schema else None,
            _properties(schema),
            element("p", "Other keys are let through.") if schema.get("additionalProperties") is True else None,
            id=anchor(name),
        )


def _properties(schema: Json) -> Html | None:
    required = schema.get("required", [])
    rows = [
        element(
            "tr",
            element("th", element("code", name), " *" if name in required else None, scope="row"),
            element("td", type_of(member)),
            element("td", limits_of({key: value for key, value in member.items() if value is not None})),
        )
        for name, member in schema.get("properties", {}).items()
    ]
    return element("table", *rows) if rows else element("p", type_of(schema))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _between(separator: str, parts: list[Html]) -> Html:
    spaced = [piece for part in parts for piece in (separator, part)]
    return joined(*spaced[1:])
