"""Wake-ups: something may have changed, so a look at the folder has to follow. A burst of notices arms one."""

import logging
import math
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


# A queue is polled every two seconds (host.json), and a wake-up must not be late by that: it becomes visible so much
# sooner than it is due, and the worker that gets it waits in place for the rest.
HEAD_START = timedelta(seconds=3)
_LONGEST_REST = HEAD_START + RESOLUTION
# In seconds: who looks a hair too early sees the whole second before, and would have to look again.
_MARGIN_S = 0.01
# So many workers of a process may wait at a time: the threads are there for the others.
_PLACES = 3

# What to write down of an event, given when the wake-up is due that covers it.
Note = Callable[[datetime], Transition]


class WakeUps:
    """Arms wake-ups. While this process knows that one is due soon, and not yet, a notice costs nothing.

    A wake-up that is due after a change was written leads to a listing that has the change; so a notice may be dropped
    exactly while a wake-up is certainly not due. All estimates of that are on the early side.
    """

    def __init__(
        self,
        states: RouteStates,
        queue: RouteQueue,
        quiet: timedelta,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._states = states
        self._queue = queue
        self._sleep = sleep
        self._places = threading.BoundedSemaphore(_PLACES)
        # The second more is what it takes to be certain that the window has passed, see `decide`.
        self._quiet = quiet + RESOLUTION
        self._clock = clock
        self._not_due_until: dict[str, float] = defaultdict(float)
        self._noted_until: dict[str, float] = defaultdict(float)
        # Until when it is certainly not due, by when it is due: what this process has sent.
        self._on_their_way: dict[str, dict[datetime, float]] = defaultdict(dict)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def notice(  # noqa: PLR0913 - what tells when the wake-up is due, and what to write down with it
        self,
        route: Route,
        delay: timedelta | None = None,
        *,
        written: LoadedState | None = None,
        changed_at: datetime | None = None,
        by_sweep: bool = False,
        no_later: bool = False,
        note: Note | None = None,
    ) -> LoadedState | None:
        """Make sure that a wake-up of the route is due after now; return the state if that took reading it.

        If none is on its way, one is sent that is due after `delay`; that is the quiet window unless told otherwise,
        since `changed_at` where that is known. Beside one that is due and not answered yet, it is the quiet window in
        any case. If one is on its way, it serves: the worker that it wakes looks again, and asks for another one if it
        came too early. So wake-ups never multiply, however many workers wait for the same thing.

        With `no_later` only one serves that is due as early: a request is not to wait for the end of a pause.
        `written` is the state as the caller has just written it, which saves reading it where no wake-up is on its way.
        The `note` of an event is written into the state, once for all events that one wake-up covers.
        """
        with self._locks[route.name]:
            asked_at = self._clock()
            covered_until = self._noted_until if note else self._not_due_until
            if not no_later and asked_at < covered_until[route.name]:
                metrics.noticed("covered")
                return None
            loaded = written if written and not written.state.pending else self._states.read(route)
            pending, now, due = loaded.state.pending, loaded.read_at, self._due(loaded, delay, changed_at)
            serves = pending is not None and _surely_due_in(pending.due, now) > timedelta(0)
            if pending and serves and not (no_later and pending.due > due):
                due = pending.due
                if note:
                    self._states.update(route, note(due), loaded)
                metrics.noticed("covered")
            elif sent := self._sent_for(route, due, asked_at):
                due, now = sent, max(now, self._states.time(route))
                self._note_armed(route, due, loaded, by_sweep=by_sweep, note=note)
            else:
                # What was written may have been known for a while: the queue tells a time after `asked_at`.
                now = max(now, self._arm(route, due, loaded, by_sweep=by_sweep, note=note))
                self._on_their_way[route.name][due] = asked_at + _surely_due_in(due, now).total_seconds()
            left = _surely_due_in(due, now)
            # One that is due much later is not relied on: a look that comes before it takes it out of the state.
            self._not_due_until[route.name] = asked_at + (left.total_seconds() if left <= self._quiet else 0.0)
            if note:
                self._noted_until[route.name] = self._not_due_until[route.name]
            return loaded

    def _sent_for(self, route: Route, due: datetime, asked_at: float) -> datetime | None:
        """Return when a wake-up is due that this process sent for about that time and that no worker can have by now.

        A look takes it out of the state, though it is still on its way: each look in a pause would send another one.
        """
        sent = {each: until for each, until in self._on_their_way[route.name].items() if asked_at < until}
        self._on_their_way[route.name] = sent
        return max((each for each in sent if due - self._quiet <= each <= due + RESOLUTION), default=None)

    def _due(self, loaded: LoadedState, delay: timedelta | None, changed_at: datetime | None) -> datetime:
        now, pending = loaded.read_at, loaded.state.pending
        since = min(now, changed_at) if changed_at and not pending else now
        wanted = self._quiet if delay is None or pending else delay
        # The storage shows whole seconds: a look within one would see the one before.
        return since + timedelta(seconds=math.ceil(wanted.total_seconds()))

    def wake_now(self, route: Route) -> None:
        """Send a wake-up that is due at once, whatever else is on its way: it was requested."""
        self._queue.send(route.name, timedelta(0))
        metrics.noticed("asked")

    def wake_later(self, route: Route, delay: timedelta) -> None:
        """Send a wake-up for a look at Airflow: it announces no change, so no notice may rely on it."""
        self._queue.send(route.name, delay)

    def wait_until_due(self, route: Route, due: datetime) -> bool:
        """Wait in place for the rest until a wake-up is due that came early; return whether to look at the folder now.

        Where enough workers wait already, it is sent once more, to stay invisible for the rest.
        """
        rest = min(due - self._states.time(route), _LONGEST_REST)
        if rest <= timedelta(0):
            return True
        if not self._places.acquire(blocking=False):
            self._queue.send(route.name, rest)
            return False
        try:
            self._sleep(rest.total_seconds() + _MARGIN_S)
        finally:
            self._places.release()
        return True

    def _arm(self, route: Route, due: datetime, loaded: LoadedState, *, by_sweep: bool, note: Note | None) -> datetime:
        """Send first, then write: a crash in between costs a second message; the other order could lose the one.

        Returns the storage's time when it was sent, never too early.
        """
        hidden_for = max(due - HEAD_START - loaded.read_at, timedelta(0))
        sent_at = self._queue.send(route.name, hidden_for, due) - hidden_for
        self._note_armed(route, due, loaded, by_sweep=by_sweep, note=note)
        return sent_at

    def _note_armed(
        self, route: Route, due: datetime, loaded: LoadedState, *, by_sweep: bool, note: Note | None
    ) -> None:
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


def _surely_due_in(due: datetime, now: datetime) -> timedelta:
    """Return how long after it was asked for the state a wake-up is certainly not due yet."""
    return due - now - RESOLUTION
