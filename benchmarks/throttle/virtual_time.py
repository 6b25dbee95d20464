"""A clock that many threads share: time passes when all of them sleep, and one of them runs at a time."""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tests.unit.memory import NOON, Clock


class VirtualTime(Clock):
    """Runs threads in turns; the one that has to wake up first goes on when the running one sleeps or ends."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: list[tuple[float, int, threading.Event]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        """Return the storage service's time, in whole seconds."""
        return self.exactly().replace(microsecond=0)

    def exactly(self) -> datetime:
        """Return the time to the microsecond."""
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the processes' own clock."""
        return 1000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        """Let the calling thread sleep, and the next one go on."""
        woken = self._asleep(self.seconds + seconds)
        self._wake_next()
        woken.wait()

    def run(self, works: Iterable[Callable[[], None]]) -> None:
        """Let each work run in a thread of its own, until all have ended."""
        threads = [threading.Thread(target=self._run, args=(work, self._asleep(0.0))) for work in works]
        for thread in threads:
            thread.start()
        self._wake_next()
        for thread in threads:
            thread.join()

    def _run(self, work: Callable[[], None], woken: threading.Event) -> None:
        woken.wait()
        try:
            work()
        finally:
            self._wake_next()

    def _asleep(self, until: float) -> threading.Event:
        woken = threading.Event()
        heapq.heappush(self._sleepers, (until, next(self._numbers), woken))
        return woken

    def _wake_next(self) -> None:
        if self._sleepers:
            self.seconds, _, woken = heapq.heappop(self._sleepers)
            woken.set()
