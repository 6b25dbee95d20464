"""From Python types to the document's schemas, by pydantic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from shared.api.openapi.operation import Json

Mode = Literal["validation", "serialization"]
TAKEN: Mode = "validation"
ANSWERED: Mode = "serialization"

_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of all shapes, as they are taken or answered, and the `components` that they refer to."""

    components: Json
    _by_shape: Mapping[tuple[Any, Mode], Json]

    @classmethod
    def of(cls, shapes: Iterable[tuple[Any, Mode]]) -> "Schemas":
        """Make the schemas together, so that what two shapes share has one name."""
        adapters = [((shape, mode), mode, TypeAdapter[Any](shape)) for shape, mode in dict.fromkeys(shapes)]
        found, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE)
        schemas = {key: _without_titles(schema) for (key, _), schema in found.items()}
        components: Json = _without_titles(definitions.get("$defs", {}))
        return cls(components, schemas)

    def schema(self, shape: Any, mode: Mode) -> Json:  # noqa: ANN401 - any type
        """Return the schema of one of the shapes."""
        return self._by_shape[shape, mode]


def _without_titles(schema: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Drop the titles that pydantic makes of names: they say nothing, and get the wire's names wrong."""
    match schema:
        case dict():
            return {
                key: _without_titles(member)
                for key, member in schema.items()
                if not (key == "title" and isinstance(member, str))
            }
        case list():
            return [_without_titles(member) for member in schema]
        case _:
            return schema
