"""Reconciling a route: take the flight, clear the notice, list the folder, decide, act, remember."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.errors import FolderUnreadable, StateConflict
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.decide import Decision, Hold, Policy, Poll, Skip, Sync, Wait, decide
from shared.sync.execute import SyncAttempts
from shared.sync.lease import Flight, Flights, Reservation
from shared.sync.outcomes import Ledger, ended_at_once
from shared.sync.poll import Follow
from shared.sync.state import RouteState, behind_since
from shared.sync.store import RouteStates
from shared.sync.wake_up import Notices
from shared.telemetry import metrics
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings an environment up to date with its folder; any number of workers may run it at once."""

    states: RouteStates
    flights: Flights
    notices: Notices
    list_folder: Callable[[Route], Manifest]
    attempts: SyncAttempts
    follow: Follow
    ledger: Ledger
    policy: Policy

    def reconcile(self, route: Route) -> Decision:
        """Look at the route's folder and do what it takes; return what was decided.

        Raises whatever the storage raises; the queue then brings the wake-up again.
        """
        with bound(route=route.name):
            return self._reconcile(route)

    def _reconcile(self, route: Route) -> Decision:
        flight = self.flights.take(route)
        if flight is None:
            self.notices.notice(route)
            return Wait("EnvironmentBusy", "another worker or another sync has this environment", self.policy.quiet)
        try:
            found = self._look(route, flight)
        except Exception:
            flight.release(flight.reservation)
            raise
        if isinstance(found, Wait):
            flight.release(flight.reservation)
            return found
        # From here on an import may be started without a note of it, if storage fails: then the flight is not released
        # but left to end by itself, so that no other import begins meanwhile.
        flight.release(self._act(route, flight, *found))
        return found[2]

    def _look(self, route: Route, flight: Flight) -> tuple[RouteState, Manifest, Decision] | Wait:
        """Return what the folder holds and what to do about it, or to wait where it cannot be listed."""

        def take_over(state: RouteState, now: datetime) -> RouteState:
            if flight.seconds_left() <= 0:
                raise StateConflict(f"the flight of route {route.name} ended before its work began")
            return transitions.notice_answered(flight.token)(state, now)

        # Cleared before the listing: whatever changes after the listing raises a notice that arms a new wake-up.
        state = self.states.update(route, take_over)
        try:
            manifest = self.list_folder(route)
        except FolderUnreadable as error:
            delay = self.ledger.unreadable(route, state, error, flight.now())
            return Wait("FolderUnreadable", "the folder could not be listed", delay)
        if state.unreadable:
            state = self.ledger.readable(route, state)
        decision = decide(state, manifest, self.policy)
        _tell(route, state, manifest, decision)
        return state, manifest, decision

    def _act(
        self, route: Route, flight: Flight, state: RouteState, manifest: Manifest, decision: Decision
    ) -> Reservation | None:
        """Do what was decided; return for whom the environment stays reserved."""
        match decision:
            case Sync():
                return self.attempts.run(route, state, manifest, decision, flight)
            case Poll(operation=operation):
                return self.follow.poll(route, flight, operation, manifest)
            case Wait():
                self.states.update(route, transitions.by(state.worker, transitions.waiting(decision, manifest)))
                self.notices.notice(route, decision.delay)
            case _:
                self._leave(route, state, manifest, decision)
        return flight.reservation

    def _leave(self, route: Route, state: RouteState, manifest: Manifest, decision: Skip | Hold) -> None:
        """Do not sync; whoever asked for a sync, and whoever has to decide about one, finds a record of it."""
        match decision:
            case Hold() if state.held is None or state.held.revision != manifest.revision or state.requested:
                self.ledger.held(ended_at_once(route, state, manifest, decision.reason), decision)
            case Hold():
                return
            case Skip() if state.requested:
                self.ledger.unneeded(ended_at_once(route, state, manifest, decision.reason), decision)
            case Skip():
                self.ledger.left(route, state.worker, decision)


def _tell(route: Route, state: RouteState, manifest: Manifest, decision: Decision) -> None:
    """Log and measure what a look at the folder has found."""
    since = behind_since(state, manifest)
    metrics.pending_seen(route.name, (manifest.listed_at - since).total_seconds() if since else 0.0)
    log.info(
        "%s %s at %s, %d files: %s",
        type(decision).__name__,
        decision.reason,
        manifest.revision,
        len(manifest.files),
        decision.sentence,
    )
