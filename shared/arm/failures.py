"""The one place that turns an answer, or the lack of one, into an exception."""

from datetime import datetime

from shared.arm.answers import ArmAnswer
from shared.arm.error_body import read_error
from shared.arm.no_answer import NoAnswer, Reach
from shared.arm.waits import retry_after_s
from shared.errors import ArmError, ArmRefusal, ArmUnavailable, ErrorDetail

UNAUTHORIZED = 401
_CONFLICT = 409
# The gateway or the provider failed on the way, so it is not known what was done.
_UNCLEAR = frozenset({408, 500, 502, 503, 504})
_RETRYABLE = _UNCLEAR | {429}
# Conflicts that pass by themselves. "RetryableError…" is ARM's own word for a lock held by another operation,
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


def failure(outcome: ArmAnswer | NoAnswer, now: datetime | None = None) -> ArmError:
    """Return ArmUnavailable for what may be different next time, ArmRefusal for what will not.

    That is ARM's own rule (its contract with resource providers: 408, 5xx and socket errors; plus 429), without those
    5xx that no provider means to pass, and with the conflicts that say so. `now` is for dates in `Retry-After`.
    """
    if isinstance(outcome, NoAnswer):
        kind = ArmRefusal if outcome.reach is Reach.NOT_SENDABLE else ArmUnavailable
        return kind(outcome.reason, code=outcome.reach.value)
    error = read_error(outcome)
    refused = ArmRefusal(
        error.message,
        code=error.code,
        status=outcome.status,
        request_id=outcome.request_id,
        target=error.target,
        details=error.details,
    )
    if outcome.status in _RETRYABLE or (outcome.status == _CONFLICT and _passes(error)):
        return _unavailable(refused, retry_after_s(outcome, error.message, now))
    return refused


def may_have_acted(outcome: ArmAnswer | NoAnswer) -> bool:
    """Whether a failed attempt may have been carried out all the same."""
    if isinstance(outcome, NoAnswer):
        return outcome.reach is Reach.NO_ANSWER
    return outcome.status in _UNCLEAR


def _passes(error: ErrorDetail) -> bool:
    return error.code.lower() in _PASSING_CONFLICTS or any(map(_passes, error.details))


def _unavailable(error: ArmError, floor_s: float | None) -> ArmUnavailable:
    return ArmUnavailable(
        error.message,
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        target=error.target,
        details=error.details,
        retry_after_s=floor_s,
    )
