"""The storage service's clock: the `Date` of its answers, which is the time that the relay goes by.

The SDK hands a hook that is given with one call to the first attempt only, so that a retry would leave it unknown.
The hook here belongs to the client, and tells the call that is being made in the same thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

_dates: ContextVar[list[datetime] | None] = ContextVar("dates", default=None)


@contextmanager
def dates_noted() -> Iterator[list[datetime]]:
    """Collect the times of the answers that are successes, in their order, while calls are made inside."""
    dates: list[datetime] = []
    token = _dates.set(dates)
    try:
        yield dates
    finally:
        _dates.reset(token)


def note_date(response: Any) -> None:  # noqa: ANN401 - azure-core's PipelineResponse is generic over transports
    """Note the time of an answer; a hook for the storage SDK's clients."""
    dates = _dates.get()
    if dates is not None and response.http_response.status_code < HTTPStatus.BAD_REQUEST:
        dates.append(parsedate_to_datetime(response.http_response.headers["Date"]))
