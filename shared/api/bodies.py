"""Reading a request's body: the one way from bytes to a JSON object."""

import json
import math
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.api.problem import Problem

# A spec is a few kilobytes; ARM itself takes at most 4 MB.
LARGEST_BODY = 1024 * 1024
# A spec has five levels; far below where a walk through all of them could meet Python's limit.
DEEPEST_BODY = 64


def json_object(request: func.HttpRequest, *media_types: str) -> dict[str, Any]:
    """Return the body as a JSON object; raise a Problem (400, 413, 415 or 422) that says what was expected.

    It may be `application/json`, or one of the further media types.
    """
    accepted = (*media_types, "application/json")
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in accepted:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"expected Content-Type: {' or '.join(accepted)}")
    try:
        body = _read(content_of(request))
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "expected a body that is JSON in UTF-8") from None
    if _levels(body, DEEPEST_BODY + 1) > DEEPEST_BODY:
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected a body of at most {DEEPEST_BODY} levels")
    if not isinstance(body, dict):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "the body is not an environment spec",
            errors=[{"path": "", "message": "expected a JSON object"}],
        )
    return body


def content_of(request: func.HttpRequest) -> bytes:
    """Return the body as it came; raise a Problem (413) if it is larger than any that is read."""
    content = request.get_body()
    if len(content) > LARGEST_BODY:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"expected a body of at most {LARGEST_BODY} bytes")
    return content


def _read(content: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON in UTF-8 (RFC 8259, 8.1); raise ValueError for anything else, half of a surrogate pair included."""
    body = json.loads(content.decode("utf-8-sig"), parse_float=_finite, parse_constant=_finite)
    json.dumps(body, ensure_ascii=False).encode()
    return body


def _finite(text: str) -> float:
    """Return a number that JSON can hold; Python reads NaN and 1e999 too, which could not be sent on."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _levels(value: Any, most: int) -> int:  # noqa: ANN401 - any JSON value
    """Return how deeply objects and lists are nested, counted up to `most`."""
    level, count = [value], 0
    while count < most and (level := [child for each in level for child in _children(each)]):
        count += 1
    return count


def _children(value: Any) -> Iterable[Any]:  # noqa: ANN401
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
