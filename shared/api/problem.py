"""Refusals in one shape: `application/problem+json` (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func

CONTENT_TYPE = "application/problem+json"


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
        members = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
            "requestId": self.request_id,
            "errors": list(self.errors),
        }
        headers = {} if self.retry_after_s is None else {"Retry-After": str(max(1, round(self.retry_after_s)))}
        return func.HttpResponse(
            json.dumps({name: value for name, value in members.items() if value}),
            status_code=self.status,
            headers=headers,
            mimetype=CONTENT_TYPE,
        )
