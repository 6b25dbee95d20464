"""The sweep: a regular look at every route, which finds lost events, deleted files and unsent notifications."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from shared.route import Route
from shared.sync.history import History
from shared.sync.outbox import Outbox
from shared.sync.wake_up import WakeUps


@dataclass(frozen=True, slots=True)
class Retention:
    """How many records of a route are kept, and for how long."""

    records: int = 1000
    age: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Notices every route and deletes what is old; `housekeeping` are further jobs that every sweep does once."""

    routes: Sequence[Route]
    wake_ups: WakeUps
    outbox: Outbox | None
    history: History
    retention: Retention
    housekeeping: Sequence[Callable[[], None]]

    def run(self) -> None:
        """Do all jobs; those that fail keep none of the others from being done. Raises an ExceptionGroup of them."""
        if failures := list(_failures(self._jobs())):
            raise ExceptionGroup("parts of the sweep failed", failures)

    def _jobs(self) -> Iterator[Callable[[], None]]:
        """Yield the notices first: nothing must keep a route from being looked at."""
        for route in self.routes:
            yield partial(self._notice, route)
        for route in self.routes:
            yield partial(self._prune, route)
        yield from self.housekeeping

    def _notice(self, route: Route) -> None:
        # At once: a sweep finds deletions, which are waited out from when the folder is first seen without the files.
        loaded = self.wake_ups.notice(route, timedelta(0), by_sweep=True)
        if self.outbox and loaded:
            self.outbox.remind(route, loaded)

    def _prune(self, route: Route) -> None:
        self.history.prune(route.name, keep=self.retention.records, age=self.retention.age)


def _failures(jobs: Iterable[Callable[[], None]]) -> Iterator[Exception]:
    for job in jobs:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - raised when all jobs have had their turn
            yield error
