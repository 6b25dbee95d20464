"""Answers: JSON with secrets masked, ARM's answer passed on, and a handler's exceptions as problems."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

import azure.functions as func
from azure.core.exceptions import AzureError

from shared.adf.secrets import masked
from shared.adf.warnings import SpecWarning
from shared.api.problem import Problem, problem_of
from shared.arm.factory import etag_of
from shared.errors import FolderUnreadable, ServiceError, StateConflict
from shared.exact_json import dumps
from shared.rest.answers import RestAnswer

if TYPE_CHECKING:
    from pydantic import BaseModel

log = logging.getLogger(__name__)

# Not `Location` and `Azure-AsyncOperation`: they can be read with rights on the factory only.
_PASSED_ON = ("Retry-After", "x-ms-request-id", "x-ms-correlation-request-id")


def passed_on(answer: RestAnswer, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Return ARM's answer; `headers` are further ones of our own."""
    passed = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return _response(answer.json(), answer.status, {**passed, **etag_header(etag_of(answer)), **(headers or {})})


def etag_header(etag: str | None) -> dict[str, str]:
    """Return the header with an ETag of Data Factory, which has no quotes there."""
    return {} if etag is None else {"ETag": etag if etag.endswith('"') else f'"{etag}"'}


def json_answer(body: object) -> func.HttpResponse:
    """Return a 200 with a JSON body, masked too."""
    return _response(body, 200, {})


def _response(body: object, status: int, headers: Mapping[str, str]) -> func.HttpResponse:
    content = None if body is None else dumps(masked(body))
    return func.HttpResponse(content, status_code=status, headers=_sendable(headers), mimetype="application/json")


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """Leave out values that are not printable ASCII: the Functions host makes any answer with one a 500."""
    return {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}


def view_answer(
    view: "BaseModel", status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Return an answer of our own, which holds nothing to mask."""
    return func.HttpResponse(
        view.model_dump_json(), status_code=status, headers=_sendable(headers or {}), mimetype="application/json"
    )


Api = TypeVar("Api")
Handler = Callable[[Api, func.HttpRequest], func.HttpResponse]

_STORAGE_FAILED = Problem("StorageUnavailable", "the app's storage is unavailable", retry_after_s=5)
_TOO_MANY_AT_ONCE = Problem("TooManyUpdates", "too many concurrent updates", retry_after_s=1)


def answering(handle: Handler[Api]) -> Handler[Api]:
    """Make a handler answer with `application/problem+json` where it raises one, ARM fails or storage does."""

    @wraps(handle)
    def answer(api: Api, request: func.HttpRequest) -> func.HttpResponse:
        try:
            return handle(api, request)
        except Problem as problem:
            return problem.response()
        except ServiceError as error:
            return problem_of(error).response()
        except FolderUnreadable as error:
            detail = f"the folder could not be listed: {error.code}: {error.message}"
            return Problem("FolderUnreadable", detail, retry_after_s=5).response()
        except StateConflict:
            return _TOO_MANY_AT_ONCE.response()
        except AzureError:
            log.exception("storage failed a request")
            return _STORAGE_FAILED.response()

    return answer


HEADER = "X-Relay-Warnings"
# Servers and proxies on the way take 8 kB for all headers together, some of them 4 kB for one.
LONGEST_BYTES = 4096
_ROOM_FOR_THE_REST = 64


def members_of(warnings: Sequence[SpecWarning]) -> list[dict[str, str]]:
    """Return the warnings as JSON, in the shape of a problem's `errors`."""
    return [{"path": warning.path, "message": warning.message} for warning in warnings]


def warnings_header(warnings: Sequence[SpecWarning]) -> dict[str, str]:
    """Return the header: a JSON list in ASCII of at most 4 kB, whose last element says how many did not fit."""
    members = members_of(warnings)
    sizes = accumulate(len(json.dumps(member)) + len(", ") for member in members)
    fitting = sum(size <= LONGEST_BYTES - _ROOM_FOR_THE_REST for size in sizes)
    left_out = len(members) - fitting
    rest = [{"path": "", "message": f"{left_out} more"}] if left_out else []
    return {HEADER: json.dumps(members[:fitting] + rest)} if warnings else {}
