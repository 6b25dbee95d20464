"""WakeUps: something may have changed, so a wake-up has to be on its way. A burst of wake_ups arms one."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.route import Route
from shared.storage.queues import RouteQueue
from shared.sync.decide import RESOLUTION
from shared.sync.state import Pending, RouteState
from shared.sync.store import LoadedState, RouteStates
from shared.telemetry import metrics
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)


class WakeUps:
    """Arms wake-ups. While this process knows that one is still invisible, a notice costs nothing.

    A wake-up that becomes visible after a change was written leads to a listing that has the change; so a notice may be
    dropped exactly while a wake-up is certainly invisible. All estimates of that are on the early side.
    """

    def __init__(
        self, states: RouteStates, wake_ups: RouteQueue, quiet: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._states = states
        self._wake_ups = wake_ups
        # The second more is what it takes to be certain that the window has passed, see `decide`.
        self._quiet = quiet + RESOLUTION
        self._clock = clock
        self._invisible_until: dict[str, float] = defaultdict(float)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def notice(self, route: Route, delay: timedelta | None = None) -> LoadedState | None:
        """Make sure that a wake-up of the route becomes visible after now; return the state if that took reading it.

        If none is on its way, one is sent that is due after `delay`, which is the quiet window unless told otherwise.
        If one is, it serves: whoever it wakes looks again and asks for another one if it came too early. So wake-ups
        never multiply, however many workers wait for the same thing.
        """
        with self._locks[route.name]:
            asked_at = self._clock()
            if asked_at < self._invisible_until[route.name]:
                metrics.noticed("covered")
                return None
            loaded = self._states.read(route)
            invisible_for = _surely_invisible_for(loaded)
            if invisible_for > timedelta(0):
                self._invisible_until[route.name] = asked_at + invisible_for.total_seconds()
                metrics.noticed("covered")
            else:
                self._arm(route, self._quiet if delay is None else delay, loaded)
            return loaded

    def wake_now(self, route: Route) -> None:
        """Send a wake-up that is due at once, whatever else is on its way: somebody asked for it."""
        self._wake_ups.send(route.name, timedelta(0))
        metrics.noticed("asked")

    def _arm(self, route: Route, delay: timedelta, loaded: LoadedState) -> None:
        """Send first, then write: a crash in between costs a second message; the other order could lose the one."""
        asked_at = self._clock()
        due = self._wake_ups.send(route.name, delay)
        self._invisible_until[route.name] = asked_at + (delay - RESOLUTION).total_seconds()

        def note_pending(state: RouteState, now: datetime) -> RouteState:
            since = state.pending.since if state.pending else now
            return state.model_copy(update={"pending": Pending(since=since, due=due)})

        self._states.update(route, note_pending, loaded)
        metrics.noticed("armed")
        with bound(route=route.name):
            log.info("wake-up armed, due %s", due.isoformat())


def _surely_invisible_for(loaded: LoadedState) -> timedelta:
    pending = loaded.state.pending
    return pending.due - loaded.read_at - RESOLUTION if pending else timedelta(0)
