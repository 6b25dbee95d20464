"""Bringing a route's news to whoever wants to be told, apart from the syncs: at least once, and in order.

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
from shared.route import Route
from shared.storage.queues import WakeUps
from shared.sync.decide import RESOLUTION
from shared.sync.state import News, Outbox, RouteState
from shared.sync.store import Change, LoadedState, RouteStates
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

BACK_OFF_BASE = timedelta(seconds=10)
BACK_OFF_CAP = timedelta(minutes=15)
LIFETIME = timedelta(hours=24)
# How late a message may be before the sweep takes it for lost, and how long one waits for the delivery before it.
OVERDUE = timedelta(minutes=1)
_NEXT_TURN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Notifications:
    """Asks for deliveries and makes them; `post` raises NotDelivered unless the receiver took the news.

    One delivery at a time and process: a receiver that hangs occupies one of the worker's threads, syncs have the rest.
    """

    states: RouteStates
    queue: WakeUps
    post: Callable[[Route, News], None]
    jitter: Callable[[], float] = random.random
    under_way: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, route: Route, state: RouteState) -> None:
        """Ask for a delivery if there are news; raises nothing, since the sync that made them is none the worse."""
        if not state.outbox.news or state.outbox.next_attempt:
            return
        try:
            self.queue.send(route.name, timedelta(0))
        except Exception as error:  # noqa: BLE001 - whatever it is, the sweep asks again
            log.warning(
                "route %s: news wait for the sweep, for want of the queue: %s", route.name, type(error).__name__
            )

    def remind(self, route: Route, loaded: LoadedState) -> None:
        """Ask again for what should have been delivered by now, in case the message for it was lost."""
        outbox = loaded.state.outbox
        if outbox.news and (outbox.next_attempt is None or outbox.next_attempt + OVERDUE < loaded.read_at):
            self.queue.send(route.name, timedelta(0))

    def deliver(self, route: Route) -> None:
        """Deliver the oldest news of the route, and see to it that the others follow."""
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
        if not outbox.news or too_early:
            return
        news = outbox.news[0]
        try:
            self.post(route, news)
        except NotDelivered as error:
            self._try_again(route, loaded, news, error)
            return
        after = self.states.update(route, _delivered(news.id))
        log.info("notification %s delivered", news.id)
        if after.outbox.news:
            self.queue.send(route.name, timedelta(0))

    def _try_again(self, route: Route, loaded: LoadedState, news: News, error: NotDelivered) -> None:
        """Send the message for the next attempt first, then write: a crash in between costs a second message."""
        outbox = loaded.state.outbox
        due = self.queue.send(route.name, self._back_off(outbox.attempts, error))
        expired = loaded.read_at - news.at >= LIFETIME
        self.states.update(route, _postponed(outbox.attempts + 1, due, given_up=news.id if expired else None))
        level, outcome = (logging.ERROR, "given up") if expired else (logging.WARNING, f"tried again {due.isoformat()}")
        log.log(level, "route %s: notification %s of %d: %s, %s", route.name, news.id, len(outbox.news), error, outcome)

    def _back_off(self, attempts: int, error: NotDelivered) -> timedelta:
        """Return half to all of a doubling span, with what the receiver asked for as its floor."""
        span = min(BACK_OFF_CAP, BACK_OFF_BASE * 2.0 ** min(attempts, 16))
        return max(timedelta(seconds=error.retry_after_s or 0), span * (0.5 + self.jitter() / 2))


def _delivered(news_id: str) -> Change:
    return lambda state, _now: _with_outbox(state, news=_without(state.outbox, news_id), attempts=0, next_attempt=None)


def _postponed(attempts: int, due: datetime, *, given_up: str | None) -> Change:
    return lambda state, _now: _with_outbox(
        state, news=_without(state.outbox, given_up), attempts=attempts, next_attempt=due
    )


def _without(outbox: Outbox, news_id: str | None) -> tuple[News, ...]:
    return tuple(news for news in outbox.news if news.id != news_id)


def _with_outbox(state: RouteState, **parts: object) -> RouteState:
    return state.model_copy(update={"outbox": state.outbox.model_copy(update=parts)})
