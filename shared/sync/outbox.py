"""Delivering a route's alerts to the receiver, apart from the syncs: at least once, and in order.

The state holds what is undelivered, and a message on a queue of its own says only that a route has some. So neither a
lost message nor a duplicate does harm, and a sync waits for the sending of one message at most.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import NotDelivered
from shared.rest.backoff import BackOff
from shared.route import Route
from shared.storage.queues import RouteQueue
from shared.sync.decide import RESOLUTION
from shared.sync.state import Alert, RouteState, Undelivered
from shared.sync.store import LoadedState, RouteStates, Transition
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

_BACK_OFF = BackOff(base_s=10, cap_s=900)
LIFETIME = timedelta(hours=24)
# How late a message may be before the sweep takes it for lost, and how long one waits for the delivery before it.
OVERDUE = timedelta(minutes=1)
_NEXT_TURN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Asks for deliveries and makes them; `post` raises NotDelivered unless the receiver took the alert.

    One delivery at a time and process: a receiver that hangs occupies one of the worker's threads, syncs have the rest.
    """

    states: RouteStates
    queue: RouteQueue
    post: Callable[[Route, Alert], None]
    jitter: Callable[[], float] = random.random
    under_way: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, route: Route, state: RouteState) -> None:
        """Ask for a delivery if there are alerts; raises nothing, since their sync succeeded without it."""
        if not state.outbox.alerts or state.outbox.next_attempt:
            return
        try:
            self.queue.send(route.name, timedelta(0))
        except Exception as error:  # noqa: BLE001 - whatever it is, the sweep asks again
            log.warning(
                "route %s: alerts wait for the sweep, the queue cannot be reached: %s", route.name, type(error).__name__
            )

    def remind(self, route: Route, loaded: LoadedState) -> None:
        """Ask again for what should have been delivered by now, in case the message for it was lost."""
        outbox = loaded.state.outbox
        if outbox.alerts and (outbox.next_attempt is None or outbox.next_attempt + OVERDUE < loaded.read_at):
            self.queue.send(route.name, timedelta(0))

    def deliver(self, route: Route) -> None:
        """Deliver the oldest alert of the route, and see to it that the others follow."""
        if not self.under_way.acquire(blocking=False):
            self.queue.send(route.name, _NEXT_TURN)
            return
        try:
            with bound(route=route.name):
                self._deliver(route)
        finally:
            self.under_way.release()

    def _deliver(self, route: Route) -> None:
        loaded = self.states.read(route)
        outbox = loaded.state.outbox
        too_early = outbox.next_attempt and loaded.read_at + RESOLUTION < outbox.next_attempt
        if not outbox.alerts or too_early:
            return
        alert = outbox.alerts[0]
        try:
            self.post(route, alert)
        except NotDelivered as error:
            self._try_again(route, loaded, alert, error)
            return
        after = self.states.update(route, _delivered(alert.id))
        log.info("notification %s delivered", alert.id)
        if after.outbox.alerts:
            self.queue.send(route.name, timedelta(0))

    def _try_again(self, route: Route, loaded: LoadedState, alert: Alert, error: NotDelivered) -> None:
        """Send the message for the next attempt first, then write: a crash in between costs a second message."""
        outbox = loaded.state.outbox
        wait_s = _BACK_OFF.wait_s(outbox.attempts + 1, self.jitter(), error.retry_after_s or 0)
        due = self.queue.send(route.name, timedelta(seconds=wait_s))
        expired = loaded.read_at - alert.at >= LIFETIME
        self.states.update(route, _postponed(outbox.attempts + 1, due, given_up=alert.id if expired else None))
        level, outcome = (logging.ERROR, "given up") if expired else (logging.WARNING, f"tried again {due.isoformat()}")
        log.log(
            level, "route %s: notification %s of %d: %s, %s", route.name, alert.id, len(outbox.alerts), error, outcome
        )


def _delivered(alert_id: str) -> Transition:
    return lambda state, _now: _with_outbox(
        state, alerts=_without(state.outbox, alert_id), attempts=0, next_attempt=None
    )


def _postponed(attempts: int, due: datetime, *, given_up: str | None) -> Transition:
    return lambda state, _now: _with_outbox(
        state, alerts=_without(state.outbox, given_up), attempts=attempts, next_attempt=due
    )


def _without(outbox: Undelivered, alert_id: str | None) -> tuple[Alert, ...]:
    return tuple(alert for alert in outbox.alerts if alert.id != alert_id)


def _with_outbox(state: RouteState, **parts: object) -> RouteState:
    return state.model_copy(update={"outbox": state.outbox.model_copy(update=parts)})
