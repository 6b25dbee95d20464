"""Following a sync that ADF still works on, one look per wake-up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.decide import RESOLUTION
from shared.sync.execute import CALL_DEADLINE_S, LONGEST_POLL
from shared.sync.lease import Lease, Reservation
from shared.sync.outcomes import Outcomes
from shared.sync.state import RunningSync
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps
from shared.targets.port import ImportFailed, ImportSucceeded, StillRunning, Target
from shared.telemetry.fields import bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Asks how far an operation has come and writes its end down."""

    target_of: Callable[[Route], Target]
    states: RouteStates
    wake_ups: WakeUps
    outcomes: Outcomes

    def poll(self, route: Route, lease: Lease, operation: RunningSync, manifest: Manifest) -> Reservation | None:
        """Ask once; return the reservation that the operation still needs, None if it has ended."""
        with bound(sync_id=operation.sync_id, revision=operation.revision):
            return self._poll(route, lease, operation, manifest)

    def _poll(self, route: Route, lease: Lease, operation: RunningSync, manifest: Manifest) -> Reservation | None:
        now = manifest.listed_at
        match self.target_of(route).poll(operation.handle, deadline_s=min(CALL_DEADLINE_S, lease.seconds_left())):
            case StillRunning() as running if now < operation.give_up_at:
                self._ask_again(route, lease.token, running, now)
                return lease.reservation_for(route, operation.give_up_at - now, operation)
            case StillRunning():
                error = ServiceUnavailable("the import did not end in time", code="OperationTimedOut")
                self.outcomes.operation_failed(route, lease.token, operation, error, now)
            case ImportFailed(code=code, message=message):
                self.outcomes.operation_failed(route, lease.token, operation, ServiceRefusal(message, code=code), now)
            case ImportSucceeded():
                self.outcomes.succeeded(route, lease.token, operation, now)
                # Whatever changed meanwhile was left for now, and has waited long enough.
                self.wake_ups.notice(route, RESOLUTION)
        return None

    def _ask_again(self, route: Route, worker: str | None, running: StillRunning, now: datetime) -> None:
        delay = min(LONGEST_POLL, timedelta(seconds=running.after_s))
        self.states.update(route, transitions.by(worker, transitions.still_running(running.handle, now + delay)))
        self.wake_ups.notice(route, delay)
