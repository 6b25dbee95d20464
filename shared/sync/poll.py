"""Following a sync that ADF still works on, one look per wake-up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.decide import RESOLUTION
from shared.sync.execute import CALL_DEADLINE_S
from shared.sync.lease import Flight, Reservation
from shared.sync.outcomes import Ledger
from shared.sync.state import Operation
from shared.sync.store import RouteStates
from shared.sync.wake_up import Notices
from shared.targets.port import ImportFailed, StillRunning, Succeeded, Target
from shared.telemetry.fields import bound


@dataclass(frozen=True, slots=True)
class Follow:
    """Asks how far an operation has come and writes its end down."""

    target: Target
    states: RouteStates
    notices: Notices
    ledger: Ledger

    def poll(self, route: Route, flight: Flight, operation: Operation, manifest: Manifest) -> Reservation | None:
        """Ask once; return the reservation that the operation still needs, None if it has ended."""
        with bound(sync_id=operation.sync_id, revision=operation.revision):
            return self._poll(route, flight, operation, manifest)

    def _poll(self, route: Route, flight: Flight, operation: Operation, manifest: Manifest) -> Reservation | None:
        now = manifest.listed_at
        match self.target.poll(operation.handle, deadline_s=min(CALL_DEADLINE_S, flight.seconds_left())):
            case StillRunning() as running if now < operation.give_up_at:
                self._ask_again(route, flight.token, running, now)
                return flight.reserve(route, operation.give_up_at - now)
            case StillRunning():
                error = ServiceUnavailable("the import did not end in time", code="OperationTimedOut")
                self.ledger.operation_failed(route, flight.token, operation, error, now)
            case ImportFailed(code=code, message=message):
                self.ledger.operation_failed(route, flight.token, operation, ServiceRefusal(message, code=code), now)
            case Succeeded():
                self.ledger.succeeded(route, flight.token, operation, now)
                # Whatever changed meanwhile was left for now, and has waited long enough.
                self.notices.notice(route, RESOLUTION)
        return None

    def _ask_again(self, route: Route, worker: str | None, running: StillRunning, now: datetime) -> None:
        delay = timedelta(seconds=running.after_s)
        self.states.update(route, transitions.by(worker, transitions.still_running(running.handle, now + delay)))
        self.notices.notice(route, delay)
