"""Refusals in one shape: `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import NoToken, ServiceError, ServiceUnavailable

CONTENT_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong at one place of a request: `path` has the keys from the top of the body, joined by dots."""

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
    """A refusal; raised where the reason is found, answered at the edge.

    `errors` names what is wrong in the body, each with `path` and `message`; the caller's values are never repeated.
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


_OUR_IDENTITY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_AT_LEAST_S = 1.0


def problem_of(error: ServiceError) -> Problem:
    """Return a problem with ARM's code, message and request id, and the status that is right for our caller."""
    match error:
        case NoToken():
            status, retry_after_s = HTTPStatus.BAD_GATEWAY, None
        case ServiceUnavailable():
            status, retry_after_s = HTTPStatus.SERVICE_UNAVAILABLE, error.retry_after_s or _AT_LEAST_S
        case _:
            status, retry_after_s = _status(error.status), None
    return Problem(status, error.message, code=error.code, request_id=error.request_id, retry_after_s=retry_after_s)


def _status(status: int | None) -> HTTPStatus:
    """Return ARM's status, unless the caller is not at fault: our identity was refused, ARM redirects or is broken."""
    if status is None or status in _OUR_IDENTITY or not 400 <= status < 500:  # noqa: PLR2004 - the definition of 4xx
        return HTTPStatus.BAD_GATEWAY
    try:
        return HTTPStatus(status)
    except ValueError:
        return HTTPStatus.BAD_GATEWAY
