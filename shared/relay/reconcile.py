"""Reconciling a route: take the flight, clear the notice, list the folder, decide, act, remember."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import ArmError, ArmRefusal, ArmUnavailable
from shared.folder.manifest import Manifest
from shared.relay.decide import Decision, Policy, Sync, Wait, decide
from shared.relay.flight import Flight, Flights
from shared.relay.notice import Notices
from shared.relay.route import Route
from shared.relay.state import Failure, RouteState, Synced
from shared.relay.states import LoadedState, RouteStates
from shared.relay.target import Target

log = logging.getLogger(__name__)

CALL_DEADLINE_S = 100.0
BACK_OFF_BASE = timedelta(seconds=5)
BACK_OFF_CAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings an environment up to date with its folder; any number of workers may run it at once."""

    states: RouteStates
    flights: Flights
    notices: Notices
    list_folder: Callable[[Route], Manifest]
    target: Target
    policy: Policy
    jitter: Callable[[], float] = random.random

    def reconcile(self, route: Route) -> Decision:
        """Look at the route's folder and do what it takes; return what was decided.

        Raises whatever the storage raises; the queue then brings the wake-up again.
        """
        flight = self.flights.take(route.environment)
        if flight is None:
            self.notices.notice(route)
            return Wait("FlightTaken", "another worker deals with this environment", self.policy.quiet)
        try:
            return self._look(route, flight)
        finally:
            self.flights.release(flight)

    def _look(self, route: Route, flight: Flight) -> Decision:
        # Cleared before the listing: whatever changes after the listing raises a notice that arms a new wake-up.
        state = self.states.update(route, _clear_pending)
        manifest = self.list_folder(route)
        decision = decide(state, manifest, self.policy)
        log.info(
            "route %s: %s %s at %s, %d files: %s",
            route.name,
            type(decision).__name__,
            decision.reason,
            manifest.revision,
            len(manifest.files),
            decision.sentence,
        )
        match decision:
            case Wait(delay=delay, burst_since=burst_since):
                self.states.update(route, _waiting(burst_since))
                self.notices.notice(route, delay)
            case Sync():
                self._sync(route, manifest, flight)
            case _:
                self.states.update(route, _waiting(None))
        return decision

    def _sync(self, route: Route, manifest: Manifest, flight: Flight) -> None:
        deadline_s = min(CALL_DEADLINE_S, self.flights.time_left_s(flight))
        try:
            request_id = self.target.sync(route, deadline_s=deadline_s)
        except ArmRefusal as refusal:
            log.error("route %s: ARM refused the sync: %s (request %s)", route.name, refusal, refusal.request_id)  # noqa: TRY400
            self.states.update(route, _failed(refusal, manifest, self.policy.retry_refused))
        except ArmUnavailable as failure:
            self._back_off(route, manifest, failure)
        else:
            log.info("route %s: ADF accepted the sync, request %s", route.name, request_id)
            synced = Synced(revision=manifest.revision, listed_at=manifest.listed_at, request_id=request_id)
            self.states.update(route, _synced(synced))

    def _back_off(self, route: Route, manifest: Manifest, failure: ArmUnavailable) -> None:
        in_a_row = _failures_in_a_row(self.states.read(route))
        delay = timedelta(seconds=failure.retry_after_s or 0) + self.jitter() * min(
            BACK_OFF_CAP, BACK_OFF_BASE * 2 ** min(in_a_row, 16)
        )
        log.warning("route %s: sync failed, next attempt in %.0f s: %s", route.name, delay.total_seconds(), failure)
        self.states.update(route, _failed(failure, manifest, delay))
        self.notices.notice(route, delay)


def _failures_in_a_row(loaded: LoadedState) -> int:
    return loaded.state.failure.count if loaded.state.failure else 0


def _clear_pending(state: RouteState, _now: datetime) -> RouteState:
    return state.model_copy(update={"pending": None})


def _waiting(burst_since: datetime | None) -> Callable[[RouteState, datetime], RouteState]:
    return lambda state, _now: state.model_copy(update={"burst_since": burst_since})


def _synced(synced: Synced) -> Callable[[RouteState, datetime], RouteState]:
    return lambda state, _now: state.model_copy(update={"synced": synced, "failure": None, "burst_since": None})


def _failed(error: ArmError, manifest: Manifest, delay: timedelta) -> Callable[[RouteState, datetime], RouteState]:
    def change(state: RouteState, now: datetime) -> RouteState:
        failure = Failure(
            revision=manifest.revision,
            transient=isinstance(error, ArmUnavailable),
            count=state.failure.count + 1 if state.failure else 1,
            at=now,
            next_attempt=now + delay,
            code=error.code,
            message=error.message,
            status=error.status,
            request_id=error.request_id,
        )
        return state.model_copy(update={"failure": failure, "burst_since": None})

    return change
