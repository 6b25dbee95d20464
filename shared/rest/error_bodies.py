"""The error in an answer, whatever shape it has: ARM's, Data Factory's, Fabric's, that of a gateway, or none.

ARM's contract with resource providers has flat `details`, Data Factory's specification nested ones (`{"error": {…}}`);
`details` may be null. Some providers leave `error` out, some capitalise keys, gateways answer HTML or nothing. Fabric's
is flat: `errorCode`, `message`, `moreDetails`, and `isRetriable`, which makes a refusal one for now.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.adf.secrets import masked
from shared.errors import ErrorDetail, ServiceError, ServiceRefusal, ServiceUnavailable, Throttled, UnexpectedAnswer
from shared.exact_json import dumps
from shared.rest.answers import RestAnswer, retry_after_s
from shared.rest.no_answer import NoAnswer, Reach

_LONGEST_MESSAGE = 2000
_LONGEST_CODE = 200
_LONGEST_TEXT = 200
_MOST_DETAILS = 20
_DEEPEST = 5
# As Azure Policy writes them ("PolicyViolation"), in lower case.
_POLICY_NAMES = (
    "policydefinitiondisplayname",
    "policyassignmentdisplayname",
    "policysetdefinitiondisplayname",
    "policydefinitionname",
    "policyassignmentname",
)
_MARKUP = re.compile(r"<(?:style|script).*?</(?:style|script)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def read_error(answer: RestAnswer) -> ErrorDetail:
    """Return ARM's code, message, target and details; without any, the status and the start of the body's text."""
    found = _detail(answer.json(), _DEEPEST)
    if found is None:
        return ErrorDetail(f"HTTP {answer.status}", _text(answer) or "an empty answer")
    return ErrorDetail(found.code or f"HTTP {answer.status}", found.message, found.target, found.details)


def _detail(body: object, depth: int) -> ErrorDetail | None:
    """Read one error, or return None where there is none in the JSON value."""
    error = _members(body)
    if isinstance(error.get("error"), dict):
        error = _members(error["error"])
    code = _words(error.get("code") or error.get("errorcode") or error.get("error"), _LONGEST_CODE)
    message = _words(error.get("message") or error.get("error_description"), _LONGEST_MESSAGE)
    if not (code or message):
        return None
    below = tuple(_below(error, depth - 1)) if depth else ()
    return ErrorDetail(code, message, _words(error.get("target"), _LONGEST_CODE), below)


def _below(error: Mapping[str, Any], depth: int) -> Iterator[ErrorDetail]:
    """Read `details`, `moreDetails`, `innererror`, and `additionalInfo` (items with a type and any JSON as info)."""
    for item in [*_items(error.get("details")), *_items(error.get("moredetails")), error.get("innererror")]:
        if (detail := _detail(item, depth)) is not None:
            yield detail
    for item in map(_members, _items(error.get("additionalinfo"))):
        if item.get("type"):
            yield ErrorDetail(_words(item["type"], _LONGEST_CODE), _about(item.get("info")))


def _about(info: object) -> str:
    """Return what further information says: the names of a policy that was violated, else its JSON."""
    members = _members(info)
    names = [_words(members[key], _LONGEST_CODE) for key in _POLICY_NAMES if members.get(key)]
    return ", ".join(names) or _words(info, _LONGEST_MESSAGE)


_LONGEST_SENTENCE = 2000
_MOST_REASONS = 5


def sentence_of(error: ErrorDetail) -> str:
    """Return an error's message with the reasons in its details, which ARM's message often only refers to."""
    reasons: list[str] = []
    for detail in _all_below(error):
        text = ": ".join(filter(None, (detail.code, detail.message)))
        if detail.message not in " ".join([error.message, *reasons]) or (text and not detail.message):
            reasons.append(text)
    return " ".join([error.message, *(f"[{reason}]" for reason in reasons[:_MOST_REASONS])]).strip()[:_LONGEST_SENTENCE]


def _all_below(error: ErrorDetail) -> Iterator[ErrorDetail]:
    for detail in error.details:
        yield detail
        yield from _all_below(detail)


def _members(value: object) -> dict[str, Any]:
    return {str(key).lower(): member for key, member in value.items()} if isinstance(value, dict) else {}


def _items(value: object) -> list[Any]:
    return value[:_MOST_DETAILS] if isinstance(value, list) else []


def _words(value: object, longest: int) -> str:
    """Return a text on one line, any other value as JSON, without logins in URLs and the secrets of a resource."""
    if value is None:
        return ""
    shown = masked(value)
    text = shown if isinstance(shown, str) else dumps(shown)
    return " ".join(text.split())[:longest]


def _text(answer: RestAnswer) -> str:
    """Return the start of a body that is no error: of its JSON, else of the text between its markup."""
    body = answer.json()
    if body is None:
        body = _MARKUP.sub(" ", answer.content[:8192].decode(errors="replace"))
    return _words(body, _LONGEST_TEXT)


UNAUTHORIZED = 401
_CONFLICT = 409
# The gateway or the provider failed on the way, so it is not known what was done.
_UNCLEAR = frozenset({408, 500, 502, 503, 504})
_THROTTLED = 429
_RETRYABLE = _UNCLEAR | {_THROTTLED}
# Conflicts that pass. "RetryableError…" is ARM's own word for a lock held by another operation,
# "AnotherOperationInProgress" that of providers, and "ConflictingConcurrentWriteNotAllowed" comes with "Please retry
# later". A plain "Conflict" mostly means a state that does not pass within a call, so it is final.
_PASSING_CONFLICTS = frozenset(
    {
        "anotheroperationinprogress",
        "conflictingconcurrentwritenotallowed",
        "retryableerror",
        "retryableerrorduetoanotheroperation",
    }
)


def failure(outcome: RestAnswer | NoAnswer, now: datetime | None = None) -> ServiceError:
    """Return ServiceUnavailable for what may be different next time, ServiceRefusal for what will not.

    That is ARM's own rule (its contract with resource providers: 408, 5xx and socket errors; plus 429), without those
    5xx that no provider means to pass, and with the conflicts that say so. `now` is for dates in `Retry-After`.
    """
    if isinstance(outcome, NoAnswer):
        kind = ServiceRefusal if outcome.reach is Reach.NOT_SENDABLE else ServiceUnavailable
        return kind(outcome.reason, code=outcome.reach.value)
    if outcome.ok:
        return _unexpected(outcome)
    error = read_error(outcome)
    refused = ServiceRefusal(
        sentence_of(error),
        code=error.code,
        status=outcome.status,
        request_id=outcome.request_id,
        target=error.target,
        details=error.details,
    )
    passes = outcome.status == _CONFLICT and _passes(error)
    if outcome.status in _RETRYABLE or passes or _says_retriable(outcome):
        return _unavailable(refused, retry_after_s(outcome, error.message, now))
    return refused


def may_have_acted(outcome: RestAnswer | NoAnswer) -> bool:
    """Whether a failed attempt may have been carried out all the same."""
    if isinstance(outcome, NoAnswer):
        return outcome.reach is Reach.NO_ANSWER
    return outcome.ok or outcome.status in _UNCLEAR


def _unexpected(answer: RestAnswer) -> UnexpectedAnswer:
    """Return the failure that a 2xx is which the operation does not document."""
    text = _text(answer) or "an empty body"
    message = f"expected an answer that the operation documents, got HTTP {answer.status} with: {text}"
    return UnexpectedAnswer(message, code="UnexpectedAnswer", status=answer.status, request_id=answer.request_id)


def _says_retriable(answer: RestAnswer) -> bool:
    return _members(answer.json()).get("isretriable") is True


def _passes(error: ErrorDetail) -> bool:
    return error.code.lower() in _PASSING_CONFLICTS or any(map(_passes, error.details))


def _unavailable(error: ServiceError, floor_s: float | None) -> ServiceUnavailable:
    kind = Throttled if error.status == _THROTTLED else ServiceUnavailable
    return kind(
        error.message,
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        target=error.target,
        details=error.details,
        retry_after_s=floor_s,
    )
