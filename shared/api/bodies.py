"""Reading a request's body: the one way from bytes to a JSON object."""

import json
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.api.problem import Problem

# A spec is a few kilobytes; ARM itself takes at most 4 MB.
LARGEST_BODY = 1024 * 1024


def json_object(request: func.HttpRequest) -> dict[str, Any]:
    """Return the body as a JSON object; raise a Problem (400, 413, 415 or 422) that says what was expected."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected Content-Type: application/json")
    content = request.get_body()
    if len(content) > LARGEST_BODY:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected a body of at most {LARGEST_BODY} bytes")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "expected a body that is JSON") from None
    if not isinstance(body, dict):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "the body is not an environment spec",
            errors=[{"path": "", "message": "expected a JSON object"}],
        )
    return body
