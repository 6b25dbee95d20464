"""The sweep: a regular look for lost events, deleted files and unsent notifications, whatever route they are about."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync.decide import Policy
from shared.sync.history import History
from shared.sync.outbox import Outbox
from shared.sync.state import RouteState
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retention:
    """How many records of a route are kept, and for how long."""

    records: int = 1000
    age: timedelta = timedelta(days=90)


# So many routes are looked at by each sweep though their folders are unchanged, those first that were not for longest:
# an environment may have been made anew, and old records are to be deleted.
IN_TURN = 3
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Notices the routes for which there is something to do, and deletes what is old.

    However many routes are idle, that takes one listing of their states and one of each container. `housekeeping` are
    further jobs that every sweep does once.
    """

    routes: Sequence[Route]
    states: RouteStates
    list_folders: Callable[[Sequence[Route]], Mapping[str, Manifest]]
    policy: Policy
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
        routes = self._to_look_at()
        for route in routes:
            yield partial(self._notice, route)
        for route in routes:
            yield partial(self._prune, route)
        yield from self.housekeeping

    def _to_look_at(self) -> list[Route]:
        """Return the routes that are not idle, or may not be, and some of the others."""
        try:
            states, folders = self.states.read_all(self.routes), self.list_folders(self.routes)
        except Exception as error:  # noqa: BLE001 - each route is asked about itself then
            log.warning("the storage could not be listed, so every route is looked at: %s", type(error).__name__)
            return list(self.routes)
        idle = [
            route
            for route in self.routes
            if route.name in folders and is_idle(route, states[route.name].state, folders[route.name], self.policy)
        ]
        idle.sort(key=lambda route: states[route.name].state.looked_at or _LONG_AGO)
        left_alone = {route.name for route in idle[IN_TURN:]}
        return [route for route in self.routes if route.name not in left_alone]

    def _notice(self, route: Route) -> None:
        # At once: a sweep finds deletions, which are waited out from when the folder is first seen without the files.
        loaded = self.wake_ups.notice(route, timedelta(0), by_sweep=True)
        if self.outbox and loaded:
            self.outbox.remind(route, loaded)

    def _prune(self, route: Route) -> None:
        self.history.prune(route.name, keep=self.retention.records, age=self.retention.age)


def is_idle(route: Route, state: RouteState, manifest: Manifest, policy: Policy) -> bool:
    """Whether a look at the folder, which was just listed, would find nothing to do and nothing to tell."""
    open_ends = (
        *(state.pending, state.requested, state.operation, state.calling, state.looking, state.asking),
        *(state.failure, state.held, state.unreadable, state.behind_since, state.seen, state.burst_since),
        *(state.arrivals.suspected, state.outbox.alerts),
    )
    if any(open_ends) or state.target != route.target or state.ignored != manifest.ignored:
        return False
    if state.synced is None:
        return not manifest.files
    is_verified = state.verified_at is None or manifest.listed_at < state.verified_at + policy.verify_every
    return is_verified and state.synced.revision is not None and state.synced.listing == manifest.listing


def _failures(jobs: Iterable[Callable[[], None]]) -> Iterator[Exception]:
    for job in jobs:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - raised when all jobs have had their turn
            yield error
