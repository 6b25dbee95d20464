"""The storage service's clock: the `Date` of its answers, which is the time that the relay goes by.

The SDK hands a hook that is given with one call to the first attempt only, so that a retry would leave it unknown.
The hook here belongs to the client, and tells the call that is being made in the same thread.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

_dates: ContextVar[list[datetime] | None] = ContextVar("dates", default=None)


# In seconds. Two clocks drift apart by less than a tenth of a second in that time.
_KNOWN_FOR = 300.0


class StorageClock:
    """The storage service's time between its answers, never too late: `clock` measures, in seconds, how old they are.

    An answer shows whole seconds, so that one answer alone may be up to a second behind; the more there are, the closer
    the latest time comes that all of them prove.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # What is to be added to the process's clock, by when it was heard; the largest of them comes first.
        self._offsets: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def note(self, date: datetime) -> None:
        """Note the time of an answer that has just come."""
        with self._lock:
            heard_at = self._clock()
            offset = date.timestamp() - heard_at
            while self._offsets and self._offsets[-1][1] <= offset:
                self._offsets.pop()
            self._offsets.append((heard_at, offset))

    def time(self) -> datetime | None:
        """Return the time that has certainly come; None if there was no answer of late."""
        with self._lock:
            now = self._clock()
            while self._offsets and now - self._offsets[0][0] > _KNOWN_FOR:
                self._offsets.popleft()
            return datetime.fromtimestamp(now + self._offsets[0][1], UTC) if self._offsets else None


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
