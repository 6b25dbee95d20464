"""Reconciling a route: take the flight, clear the notice, list the folder, decide, act, remember."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shared.folder.manifest import Manifest
from shared.relay import transitions
from shared.relay.decide import Decision, Hold, Policy, Poll, Skip, Sync, Wait, decide
from shared.relay.flight import Flight, Flights, Reservation
from shared.relay.follow import Follow
from shared.relay.ledger import Ledger
from shared.relay.notice import Notices
from shared.relay.route import Route
from shared.relay.state import RouteState
from shared.relay.states import RouteStates
from shared.relay.sync import LeaveAlone, SyncAttempts, begin

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
        flight = self.flights.take(route)
        if flight is None:
            self.notices.notice(route)
            return Wait("EnvironmentBusy", "another worker or another sync has this environment", self.policy.quiet)
        try:
            decision, reservation = self._look(route, flight)
        except Exception:
            # An import may have been started without a note of it.
            settling = self.flights.reservation(flight, None, self.policy.settle)
            self.flights.release(flight, flight.reservation or settling)
            raise
        self.flights.release(flight, reservation)
        return decision

    def _look(self, route: Route, flight: Flight) -> tuple[Decision, Reservation | None]:
        """Return what was decided, and for whom the environment stays reserved."""
        # Cleared before the listing: whatever changes after the listing raises a notice that arms a new wake-up.
        state = self.states.update(route, transitions.notice_answered())
        manifest = self.list_folder(route)
        decision = decide(state, manifest, self.policy)
        _log(route, manifest, decision)
        seconds_left = partial(self.flights.time_left_s, flight)
        match decision:
            case Sync():
                leave_alone = self.attempts.run(route, state, manifest, decision, seconds_left)
                return decision, self._reservation(flight, leave_alone)
            case Poll(operation=operation):
                leave_alone = self.follow.poll(route, operation, manifest, seconds_left)
                return decision, self._reservation(flight, leave_alone)
            case Wait():
                self.states.update(route, transitions.waiting(decision, manifest))
                self.notices.notice(route, decision.delay)
            case _:
                self._leave(route, state, manifest, decision)
        return decision, flight.reservation

    def _reservation(self, flight: Flight, leave_alone: LeaveAlone | None) -> Reservation | None:
        if leave_alone is None:
            return None
        return self.flights.reservation(flight, leave_alone.exempt, leave_alone.duration)

    def _leave(self, route: Route, state: RouteState, manifest: Manifest, decision: Skip | Hold) -> None:
        """Do not sync; whoever asked for a sync, and whoever has to decide about one, finds a record of it."""
        match decision:
            case Hold() if state.held is None or state.held.revision != manifest.revision or state.requested:
                self.ledger.held(begin(route, state, manifest, decision.reason), decision)
            case Hold():
                return
            case Skip() if state.requested:
                self.ledger.unchanged(begin(route, state, manifest, decision.reason), decision.sentence)
            case Skip():
                self.states.update(route, transitions.nothing_to_do())


def _log(route: Route, manifest: Manifest, decision: Decision) -> None:
    log.info(
        "route %s: %s %s at %s, %d files: %s",
        route.name,
        type(decision).__name__,
        decision.reason,
        manifest.revision,
        len(manifest.files),
        decision.sentence,
    )
