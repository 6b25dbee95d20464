"""What a caller is told when ARM did not do what it was asked: the one place that turns an ArmError into a Problem."""

from http import HTTPStatus

from shared.api.problem import Problem
from shared.errors import ArmError, ArmUnavailable, NoToken

_OUR_IDENTITY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_AT_LEAST_S = 1.0


def problem_of(error: ArmError) -> Problem:
    """Return ARM's code, message and request id, with the status that is true for our caller."""
    match error:
        case NoToken():
            status, retry_after_s = HTTPStatus.BAD_GATEWAY, None
        case ArmUnavailable():
            status, retry_after_s = HTTPStatus.SERVICE_UNAVAILABLE, error.retry_after_s or _AT_LEAST_S
        case _:
            status, retry_after_s = _status(error.status), None
    return Problem(status, error.message, code=error.code, request_id=error.request_id, retry_after_s=retry_after_s)


def _status(status: int | None) -> HTTPStatus:
    """Return ARM's status, unless the caller is at no fault: our identity was refused, ARM redirects or is broken."""
    if status is None or status in _OUR_IDENTITY or not 400 <= status < 500:  # noqa: PLR2004 - the definition of 4xx
        return HTTPStatus.BAD_GATEWAY
    try:
        return HTTPStatus(status)
    except ValueError:
        return HTTPStatus.BAD_GATEWAY
