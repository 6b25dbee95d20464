"""What goes back to a caller: ARM's answer with its secrets masked and only those headers that a caller can use."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.functions as func

from shared.adf.masking import masked
from shared.arm.answers import ArmAnswer

if TYPE_CHECKING:
    from pydantic import BaseModel

# Not `Location` and `Azure-AsyncOperation`: only somebody with rights on the factory could ask there.
_PASSED_ON = ("ETag", "Retry-After", "x-ms-request-id", "x-ms-correlation-request-id")


def passed_on(answer: ArmAnswer, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Return ARM's answer; `headers` are further ones of our own."""
    ours = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return _response(answer.json(), answer.status, {**ours, **(headers or {})})


def json_answer(body: object) -> func.HttpResponse:
    """Return a 200 with a JSON body, masked too."""
    return _response(body, 200, {})


def _response(body: object, status: int, headers: Mapping[str, str]) -> func.HttpResponse:
    content = None if body is None else json.dumps(masked(body))
    return func.HttpResponse(content, status_code=status, headers=dict(headers), mimetype="application/json")


def view_answer(
    view: "BaseModel", status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Return an answer of our own, which holds nothing to mask."""
    return func.HttpResponse(
        view.model_dump_json(), status_code=status, headers=dict(headers or {}), mimetype="application/json"
    )
