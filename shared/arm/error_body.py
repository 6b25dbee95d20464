"""The error in an answer, whatever shape it has: ARM's, Data Factory's, that of a gateway, or none.

ARM's contract with resource providers has flat `details`, Data Factory's specification nested ones (`{"error": {…}}`);
`details` may be null. Some providers leave `error` out, some capitalise keys, gateways answer HTML or nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.arm.answers import ArmAnswer
from shared.errors import ErrorDetail

_LONGEST_MESSAGE = 2000
_LONGEST_CODE = 200
_LONGEST_TEXT = 200
_MOST_DETAILS = 20
_DEEPEST = 5
_MARKUP = re.compile(r"<(?:style|script).*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def read_error(answer: ArmAnswer) -> ErrorDetail:
    """Return ARM's code, message, target and details; without any, the status and the start of the body's text."""
    found = _detail(answer.json(), _DEEPEST)
    if found is None:
        return ErrorDetail(f"HTTP {answer.status}", _text(answer.content) or "an empty answer")
    return ErrorDetail(found.code or f"HTTP {answer.status}", found.message, found.target, found.details)


def _detail(body: object, depth: int) -> ErrorDetail | None:
    """Read one error, or return None where there is none in the JSON value."""
    error = _members(body)
    if isinstance(error.get("error"), dict):
        error = _members(error["error"])
    code = _words(error.get("code") or error.get("error"), _LONGEST_CODE)
    message = _words(error.get("message") or error.get("error_description"), _LONGEST_MESSAGE)
    if not (code or message):
        return None
    below = tuple(_below(error, depth - 1)) if depth else ()
    return ErrorDetail(code, message, _words(error.get("target"), _LONGEST_CODE), below)


def _below(error: Mapping[str, Any], depth: int) -> Iterator[ErrorDetail]:
    """Read `details`, `innererror` and `additionalInfo` (whose items have a type and any JSON as info)."""
    for item in [*_items(error.get("details")), error.get("innererror")]:
        if (detail := _detail(item, depth)) is not None:
            yield detail
    for item in map(_members, _items(error.get("additionalinfo"))):
        if item.get("type"):
            yield ErrorDetail(_words(item["type"], _LONGEST_CODE), _words(item.get("info"), _LONGEST_MESSAGE))


def _members(value: object) -> dict[str, Any]:
    return {str(key).lower(): member for key, member in value.items()} if isinstance(value, dict) else {}


def _items(value: object) -> list[Any]:
    return value[:_MOST_DETAILS] if isinstance(value, list) else []


def _words(value: object, longest: int) -> str:
    """Return a text on one line; what is no text as JSON."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:longest]


def _text(content: bytes) -> str:
    return " ".join(_MARKUP.sub(" ", content[:8192].decode(errors="replace")).split())[:_LONGEST_TEXT]
