"""Reconciling a route: take the lease, clear the notice, list the folder, decide, act, remember."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.errors import FolderUnreadable, StateConflict
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.decide import Decision, Hold, Policy, Poll, Skip, Sync, Wait, decide
from shared.sync.execute import Executor
from shared.sync.lease import Lease, Leases, Reservation
from shared.sync.outcomes import Outcomes, ended_at_once
from shared.sync.poll import Poller
from shared.sync.state import RouteState, behind_since
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps
from shared.telemetry import metrics
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings an environment up to date with its folder; any number of workers may run it at once."""

    states: RouteStates
    leases: Leases
    wake_ups: WakeUps
    list_folder: Callable[[Route], Manifest]
    executor: Executor
    poller: Poller
    outcomes: Outcomes
    policy: Policy

    def reconcile(self, route: Route) -> Decision:
        """Look at the route's folder and do what it takes; return what was decided.

        Raises whatever the storage raises; the queue then brings the wake-up again.
        """
        with bound(route=route.name):
            return self._reconcile(route)

    def _reconcile(self, route: Route) -> Decision:
        lease = self.leases.take(route)
        if lease is None:
            self.wake_ups.notice(route)
            return Wait("EnvironmentBusy", "another worker or another sync has this environment", self.policy.quiet)
        try:
            found = self._look(route, lease)
        except Exception:
            lease.release(lease.reservation)
            raise
        if isinstance(found, Wait):
            lease.release(lease.reservation)
            return found
        # From here on an import may be started without a note of it, if storage fails: then the lease is not released
        # but left to end by itself, so that no other import begins meanwhile.
        lease.release(self._act(route, lease, *found))
        return found[2]

    def _look(self, route: Route, lease: Lease) -> tuple[RouteState, Manifest, Decision] | Wait:
        """Return what the folder holds and what to do about it, or to wait where it cannot be listed."""

        def take_over(state: RouteState, now: datetime) -> RouteState:
            if lease.seconds_left() <= 0:
                raise StateConflict(f"the lease of route {route.name} ended before its work began")
            return transitions.notice_answered(lease.token)(state, now)

        # Cleared before the listing: whatever changes after the listing raises a notice that arms a new wake-up.
        state = self.states.update(route, take_over)
        try:
            manifest = self.list_folder(route)
        except FolderUnreadable as error:
            delay = self.outcomes.unreadable(route, state, error, lease.now())
            return Wait("FolderUnreadable", "the folder could not be listed", delay)
        if state.unreadable:
            state = self.outcomes.readable(route, state)
        decision = decide(state, manifest, self.policy, deletes=route.deletes)
        _tell(route, state, manifest, decision)
        return state, manifest, decision

    def _act(
        self, route: Route, lease: Lease, state: RouteState, manifest: Manifest, decision: Decision
    ) -> Reservation | None:
        """Do what was decided; return for whom the environment stays reserved."""
        match decision:
            case Sync():
                return self.executor.run(route, state, manifest, decision, lease)
            case Poll(operation=operation):
                return self.poller.poll(route, lease, operation, manifest)
            case Wait():
                self.states.update(route, transitions.by(state.worker, transitions.waiting(decision, manifest)))
                self.wake_ups.notice(route, decision.delay)
            case _:
                self._leave(route, state, manifest, decision)
        return lease.reservation

    def _leave(self, route: Route, state: RouteState, manifest: Manifest, decision: Skip | Hold) -> None:
        """Do not sync; whoever asked for a sync, and whoever has to decide about one, finds a record of it."""
        match decision:
            case Hold() if state.held is None or state.held.revision != manifest.revision or state.requested:
                self.outcomes.held(ended_at_once(route, state, manifest, decision.reason), decision)
            case Hold():
                return
            case Skip() if state.requested:
                self.outcomes.unneeded(ended_at_once(route, state, manifest, decision.reason), decision)
            case Skip():
                self.outcomes.left(route, state.worker, decision)


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
