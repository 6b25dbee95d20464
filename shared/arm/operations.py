"""Long-running operations: found in an answer, stored as JSON, asked about once, so that the wait is elsewhere.

Source: "Track asynchronous Azure operations". `Azure-AsyncOperation` names a URL whose body holds `status`, `Location`
one that answers 202 until it answers as the request would have; else the resource's own `provisioningState` tells.
Data Factory names one URL in both headers, which may answer in either way.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from shared.errors import ServiceRefusal
from shared.rest.answers import RestAnswer, is_empty_or_json, retry_after_s
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.error_bodies import read_error, sentence_of
from shared.rest.urls import Service, Url

# azure-mgmt-core's default; ARM itself recommends 60 s where an answer does not say.
DEFAULT_INTERVAL_S = 30.0
_ACCEPTED = 202
# Our identity's problem, which says nothing about the operation.
_NOT_ALLOWED = frozenset({401, 403})
_SUCCEEDED = frozenset({"succeeded"})
_FAILED = frozenset({"failed", "canceled", "cancelled"})


class Follow(Enum):
    """What a URL tells about an operation."""

    STATUS = "Azure-AsyncOperation"
    RESULT = "Location"
    EITHER = "both"
    RESOURCE = "provisioningState"


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that ARM accepted and is not done with; `after_s` is the wait before it is asked about."""

    url: str
    follow: Follow
    after_s: float = DEFAULT_INTERVAL_S

    def as_json(self) -> dict[str, Any]:
        """Return what a state document keeps."""
        return {"url": self.url, "follow": self.follow.value, "afterSeconds": self.after_s}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Operation":
        """Read it back; raise ValueError for anything else."""
        try:
            operation = cls(str(stored["url"]), Follow(stored["follow"]), float(stored["afterSeconds"]))
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError("expected an operation with url, follow and afterSeconds") from error
        if not math.isfinite(operation.after_s):
            raise ValueError("expected afterSeconds to be finite")
        return operation


@dataclass(frozen=True, slots=True)
class OperationRunning:
    """Not done; ask again about `operation` after its `after_s` seconds."""

    operation: Operation

    @property
    def after_s(self) -> float:
        """The seconds to wait."""
        return self.operation.after_s


@dataclass(frozen=True, slots=True)
class OperationSucceeded:
    """Done."""


@dataclass(frozen=True, slots=True)
class OperationFailed:
    """Ended without success, in ARM's words."""

    code: str
    message: str


OperationProgress = OperationRunning | OperationSucceeded | OperationFailed


def started(answer: RestAnswer, resource: Url, service: Service) -> Operation | None:
    """Return the operation that a 2xx answer began, or None where all is done or nothing can be followed.

    `resource` is what the request was about: its `provisioningState` is followed where there are no headers.
    """
    status, result = answer.headers.get("Azure-AsyncOperation"), answer.headers.get("Location")
    after_s = _interval_s(answer)
    if status:
        return Operation(status, Follow.EITHER if status == result else Follow.STATUS, after_s)
    if result:
        return Operation(result, Follow.RESULT, after_s)
    state = _provisioning_state(answer)
    if state and state not in _SUCCEEDED | _FAILED:
        return Operation(resource.at(service.endpoint), Follow.RESOURCE, after_s)
    return None


def poll(caller: RestCaller, operation: Operation, *, deadline_s: float) -> OperationProgress:
    """Ask once how an operation stands.

    Raises ServiceRefusal with code `ForeignUrl` if its URL does not lead to ARM; ServiceError if ARM did not say how
    it stands, which does not mean that the operation failed.
    """
    try:
        url = Url.given(operation.url, caller.service)
    except ValueError as error:
        raise ServiceRefusal(str(error), code="ForeignUrl") from error
    try:
        answer = caller.call(RestCall("poll operation", "GET", url, expects=is_empty_or_json), deadline_s=deadline_s)
    except ServiceRefusal as refusal:
        if _is_outcome(refusal, operation.follow):
            return OperationFailed(refusal.code, refusal.message)
        raise
    return interpret(operation, answer)


def interpret(operation: Operation, answer: RestAnswer) -> OperationProgress:
    """Return how an operation stands, from a 2xx answer of its URL. Words are compared without regard to case."""
    word = _status(answer) if operation.follow in {Follow.STATUS, Follow.EITHER} else ""
    if not word and answer.status == _ACCEPTED:
        return OperationRunning(_next(operation, answer))
    word = word or _provisioning_state(answer)
    if not word or word in _SUCCEEDED:
        return OperationSucceeded()
    if word in _FAILED:
        error = read_error(answer)
        return (
            OperationFailed(error.code, sentence_of(error))
            if _has_error(answer)
            else OperationFailed(word.capitalize(), "")
        )
    return OperationRunning(_next(operation, answer))


def _is_outcome(refusal: ServiceRefusal, follow: Follow) -> bool:
    """Whether an error is the operation's own; from a URL of statuses it only means that the status was not told."""
    return (
        follow in {Follow.RESULT, Follow.EITHER} and refusal.status is not None and refusal.status not in _NOT_ALLOWED
    )


def _next(operation: Operation, answer: RestAnswer) -> Operation:
    """Return the operation as it is followed from now on; a result may move to another URL."""
    moved = answer.headers.get("Location") if operation.follow is Follow.RESULT else None
    return Operation(moved or operation.url, operation.follow, _interval_s(answer))


def _interval_s(answer: RestAnswer) -> float:
    asked = retry_after_s(answer)
    return DEFAULT_INTERVAL_S if asked is None else asked


def _status(answer: RestAnswer) -> str:
    return _word(answer.json(), "status")


def _provisioning_state(answer: RestAnswer) -> str:
    body = answer.json()
    return _word(body.get("properties"), "provisioningState") if isinstance(body, dict) else ""


def _has_error(answer: RestAnswer) -> bool:
    body = answer.json()
    return isinstance(body, dict) and bool(body.get("error"))


def _word(members: object, name: str) -> str:
    found = members.get(name) if isinstance(members, dict) else None
    return found.lower() if isinstance(found, str) else ""
