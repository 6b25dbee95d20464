"""What describes an endpoint besides the table of endpoints: its parameters, bodies and answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from pydantic import TypeAdapter

from shared.api.problem import CONTENT_TYPE as PROBLEM
from shared.api.problem import PROBLEM_KINDS, ProblemDetails

Json = dict[str, Any]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the path, which is always required, of the query or a header; `schema` is JSON Schema."""

    name: str
    place: Literal["path", "query", "header"]
    description: str
    schema: Json
    example: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer; one that is not `always` there depends on what was asked or on what ARM said."""

    name: str
    description: str
    schema: Json
    always: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A body: `shape` is a type that pydantic knows, whose JSON Schema it has; any of the media types will do."""

    shape: Any
    media_types: tuple[str, ...] = (JSON,)
    example: Json | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer by its status; some have no body."""

    status: HTTPStatus
    description: str
    body: Body | None = None
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """What an endpoint takes and answers, besides the parts of its path and the refusal of a wrong key.

    `signatures` are the styles of signatures that it checks, if there are some.
    """

    tag: str
    answers: Sequence[Answer]
    description: str = ""
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    signatures: tuple[str, ...] = ()


def problem(kind: str, description: str, *headers: Header) -> Answer:
    """Return the refusals with the status of a kind, which is also the example; the body has always the same shape."""
    found = PROBLEM_KINDS[kind]
    example: Json = {
        "type": found.uri,
        "title": found.title,
        "status": found.status.value,
        "detail": found.title,
        "code": found.name,
    }
    return Answer(found.status, description, Body(ProblemDetails, (PROBLEM,), example), headers)


RETRY_AFTER = Header(
    "Retry-After", "Seconds after which to try again.", {"type": "string", "pattern": "^[0-9]+$"}, always=True
)
STORAGE = problem(
    "StorageUnavailable",
    "The app's storage is unavailable, or there are too many concurrent updates.",
    RETRY_AFTER,
)


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
        schemas = {key: _plain(schema) for (key, _), schema in found.items()}
        components: Json = _plain(definitions.get("$defs", {}))
        return cls(components, schemas)

    def schema(self, shape: Any, mode: Mode) -> Json:  # noqa: ANN401 - any type
        """Return the schema of one of the shapes."""
        return self._by_shape[shape, mode]


def _plain(schema: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Drop the titles that pydantic makes of names, which say nothing, and defaults that are null.

    Code generators take a key with a default for one that is always there.
    """
    match schema:
        case dict():
            return {
                key: _plain(member)
                for key, member in schema.items()
                if not (key == "title" and isinstance(member, str)) and not (key == "default" and member is None)
            }
        case list():
            return [_plain(member) for member in schema]
        case _:
            return schema
