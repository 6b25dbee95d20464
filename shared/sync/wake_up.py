"""Wake-ups: something may have changed, so a look at the folder has to follow. A burst of notices arms one."""

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
from shared.sync.store import LoadedState, RouteStates, Transition
from shared.telemetry import metrics
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

# What to write down of an event, given when the wake-up is due that covers it.
Note = Callable[[datetime], Transition]


class WakeUps:
    """Arms wake-ups. While this process knows that one is still invisible, a notice costs nothing.

    A wake-up that becomes visible after a change was written leads to a listing that has the change; so a notice may be
    dropped exactly while a wake-up is certainly invisible. All estimates of that are on the early side.
    """

    def __init__(
        self, states: RouteStates, queue: RouteQueue, quiet: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._states = states
        self._queue = queue
        # The second more is what it takes to be certain that the window has passed, see `decide`.
        self._quiet = quiet + RESOLUTION
        self._clock = clock
        self._invisible_until: dict[str, float] = defaultdict(float)
        self._noted_until: dict[str, float] = defaultdict(float)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def notice(
        self, route: Route, delay: timedelta | None = None, *, by_sweep: bool = False, note: Note | None = None
    ) -> LoadedState | None:
        """Make sure that a wake-up of the route becomes visible after now; return the state if that took reading it.

        If none is on its way, one is sent that is due after `delay`, which is the quiet window unless told otherwise;
        beside one that is due and not answered yet, it is the quiet window in any case. If one is on its way, it
        serves: the worker that it wakes looks again, and asks for another one if it came too early. So wake-ups never
        multiply, however many workers wait for the same thing.

        The `note` of an event is written into the state, once for all events that one wake-up covers.
        """
        with self._locks[route.name]:
            asked_at = self._clock()
            covered_until = self._noted_until if note else self._invisible_until
            if asked_at < covered_until[route.name]:
                metrics.noticed("covered")
                return None
            loaded = self._states.read(route)
            pending = loaded.state.pending
            invisible_for = _surely_invisible_for(loaded)
            if pending and invisible_for > timedelta(0):
                self._invisible_until[route.name] = asked_at + invisible_for.total_seconds()
                if note:
                    self._states.update(route, note(pending.due), loaded)
                metrics.noticed("covered")
            else:
                soon = self._quiet if delay is None or pending else delay
                self._arm(route, soon, loaded, by_sweep=by_sweep, note=note)
            if note:
                self._noted_until[route.name] = self._invisible_until[route.name]
            return loaded

    def wake_now(self, route: Route) -> None:
        """Send a wake-up that is due at once, whatever else is on its way: it was requested."""
        self._queue.send(route.name, timedelta(0))
        metrics.noticed("asked")

    def wake_later(self, route: Route, delay: timedelta) -> None:
        """Send a wake-up for a look at Airflow: it announces no change, so no notice may rely on it."""
        self._queue.send(route.name, delay)

    def _arm(self, route: Route, delay: timedelta, loaded: LoadedState, *, by_sweep: bool, note: Note | None) -> None:
        """Send first, then write: a crash in between costs a second message; the other order could lose the one."""
        asked_at = self._clock()
        due = self._queue.send(route.name, delay)
        self._invisible_until[route.name] = asked_at + (delay - RESOLUTION).total_seconds()

        def note_pending(state: RouteState, now: datetime) -> RouteState:
            if note:
                state = note(due)(state, now)
            if state.worker != loaded.state.worker:
                # A look has begun since the state was read. It sees the change, and may have taken this wake-up.
                return state
            known = state.pending or Pending(since=now, due=due, by_sweep=by_sweep)
            return state.model_copy(update={"pending": known.model_copy(update={"due": due})})

        self._states.update(route, note_pending, loaded)
        metrics.noticed("armed")
        with bound(route=route.name):
            log.info("wake-up armed, due %s", due.isoformat())


def _surely_invisible_for(loaded: LoadedState) -> timedelta:
    pending = loaded.state.pending
    return pending.due - loaded.read_at - RESOLUTION if pending else timedelta(0)
