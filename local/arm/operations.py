"""Long-running operations, and the answers with which ARM lets a caller follow them.

Source: "Track asynchronous Azure operations". Data Factory's published example of a stop names one URL in both headers,
so its answers suit both ways of polling: the code is that of `Location`, the body that of `Azure-AsyncOperation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from local.arm.exchange import Answer, JsonObject


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that was started; `ends` is None while that is not known."""

    ends: datetime | None = None
    error: JsonObject | None = None

    def status(self, now: datetime) -> str:
        """Return ARM's word for where it stands."""
        if self.ends is None or now < self.ends:
            return "InProgress"
        return "Failed" if self.error else "Succeeded"


def status_answer(operation: Operation, now: datetime, pause: Mapping[str, str]) -> Answer:
    """Answer as `Azure-AsyncOperation` does: always 200, the body says where it stands."""
    status = operation.status(now)
    if status == "InProgress":
        return Answer(body={"status": status}, headers=pause)
    return Answer(body={"status": status} | ({"error": operation.error} if operation.error else {}))


def result_answer(operation: Operation, now: datetime, pause: Mapping[str, str]) -> Answer:
    """Answer as `Location` does: 202 while it runs, then what the request would have answered at once."""
    status = operation.status(now)
    if status == "InProgress":
        return Answer(HTTPStatus.ACCEPTED, headers=pause)
    return Answer(HTTPStatus.BAD_REQUEST, {"error": operation.error}) if operation.error else Answer()


def combined_answer(operation: Operation, now: datetime, pause: Mapping[str, str]) -> Answer:
    """Answer for both ways of polling at once."""
    status = operation.status(now)
    if status == "InProgress":
        return Answer(HTTPStatus.ACCEPTED, {"status": status}, pause)
    return Answer(body={"status": status})
