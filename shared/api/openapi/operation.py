"""What the route table does not say about an endpoint: what it takes and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from shared.api.problem import CONTENT_TYPE as PROBLEM
from shared.api.problem import ProblemDetails

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
class Operation:
    """What an endpoint takes and answers, besides the parts of its path and the refusal of a wrong key.

    `signatures` are the styles of signatures that it checks, if there are some.
    """

    tag: str
    answers: Sequence[Answer]
    description: str = ""
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    signatures: tuple[str, ...] = ()


def problem(status: HTTPStatus, description: str, *headers: Header) -> Answer:
    """Return a refusal, which is always the same kind of body."""
    return Answer(status, description, Body(ProblemDetails, (PROBLEM,)), headers)


RETRY_AFTER = Header(
    "Retry-After", "Seconds after which to come back.", {"type": "string", "pattern": "^[0-9]+$"}, always=True
)
STORAGE = problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The app's storage gave no good answer, or too many asked at once.",
    RETRY_AFTER,
)
