"""Refusals in one shape: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

CONTENT_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong at one place of a request: `path` has the keys from the body's top, with dots between."""

    path: str
    message: str


class ProblemDetails(BaseModel):
    """A refusal on the wire; `code` and `requestId` are ARM's where it refused."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True)

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    code: str | None = None
    request_id: str | None = None
    errors: tuple[FieldError, ...] | None = None


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - the standard's word
    """A request that cannot be answered as asked; raised where that is noticed, answered at the edge.

    `errors` names what is wrong in the body, each with `path` and `message`; no value of the caller is ever repeated.
    """

    status: HTTPStatus
    detail: str
    code: str | None = None
    request_id: str | None = None
    errors: Sequence[Mapping[str, str]] = ()
    retry_after_s: float | None = None

    def response(self) -> func.HttpResponse:
        """Return the answer."""
        details = ProblemDetails(
            title=self.status.phrase,
            status=self.status.value,
            detail=self.detail,
            code=self.code,
            request_id=self.request_id,
            errors=tuple(FieldError(**error) for error in self.errors) or None,
        )
        headers = {} if self.retry_after_s is None else {"Retry-After": str(max(1, round(self.retry_after_s)))}
        return func.HttpResponse(
            details.model_dump_json(by_alias=True, exclude_none=True),
            status_code=self.status,
            headers=headers,
            mimetype=CONTENT_TYPE,
        )
