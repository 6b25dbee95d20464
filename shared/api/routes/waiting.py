"""Waiting for the end of a sync inside a request, which occupies a thread of the worker for as long."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from shared.api.problem import Problem
from shared.api.request import small_number
from shared.sync.history import SyncRecord

# In seconds. Azure's load balancer ends a request that has had no answer for 230 s (docs: functions-scale, "Timeout").
LONGEST_WAIT = 50

# The Python worker has as many threads as cores and four more (docs: python-scale-performance-reference): two waiting
# requests leave most of them to wake-ups, even on one core.
_WAITERS = 2
_ASK_AGAIN_S = 1.0

Read = Callable[[], SyncRecord | None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Asks for a record again and again; a wait that finds no free place answers with what there is at once."""

    places: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_WAITERS))
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def for_end(self, read: Read, seconds: float) -> SyncRecord | None:
        """Return the record once its sync has ended, or as it is after `seconds`; None if there is none by then."""
        record = read()
        if seconds <= 0 or _has_ended(record) or not self.places.acquire(blocking=False):
            return record
        try:
            return self._ask(read, self.clock() + seconds, record)
        finally:
            self.places.release()

    def _ask(self, read: Read, until: float, record: SyncRecord | None) -> SyncRecord | None:
        while not _has_ended(record) and (left := until - self.clock()) > 0:
            self.sleep(min(_ASK_AGAIN_S, left))
            record = read()
        return record


def seconds_in(text: str | None) -> int:
    """Return the seconds that a caller wants to wait, none without a word; raise a Problem (400) for anything else."""
    if text is None:
        return 0
    seconds = small_number(text)
    if seconds is None or seconds > LONGEST_WAIT:
        raise Problem("InvalidQuery", f"expected wait in whole seconds from 0 to {LONGEST_WAIT}")
    return seconds


def _has_ended(record: SyncRecord | None) -> bool:
    return record is not None and not record.is_open
