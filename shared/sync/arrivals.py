"""Whether the events of uploads arrive: what sweeps and events say about it.

Subscriptions fail silently: the host takes the events for a function that it does not have, and a filter drops what it
does not let through. So a sweep that finds an upload of which no event told is the only sign.

Its event may still be on its way. So the sweep that finds the upload only suspects, and the next one counts it unless
an event has come in between. What any other look finds, a sync that was requested for one, says nothing. Deletions do
not count, since many of them make no event: the end of a container, of a blob by a rule of the account.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync.alerts import told_of_events
from shared.sync.outbox import Outbox
from shared.sync.state import Arrivals, EventCheck, RouteState, are_missing
from shared.sync.store import RouteStates, Transition
from shared.sync.wake_up import WakeUps

_CHECKS_KEPT = 5


def swept(taken: RouteState, manifest: Manifest, patience: timedelta) -> Transition:
    """A sweep, and nothing else, led to this look at the folder, which began with the state `taken`.

    An event that comes within `patience` is not missed, however soon the next sweep follows.
    """
    finds_upload = _finds_upload(taken, manifest)

    def change(state: RouteState, now: datetime) -> RouteState:
        known = state.arrivals
        is_heard = known.heard_until is not None and manifest.newest <= known.heard_until
        is_suspected = known.suspected is not None and manifest.newest <= known.suspected
        if known.suspected and now - known.suspected >= patience:
            missing_since = known.missing_since or known.suspected
            counts = {"unannounced": known.unannounced + 1, "missed": known.missed + 1}
            known = known.model_copy(update={**counts, "missing_since": missing_since, "suspected": None})
        if finds_upload and not (is_heard or is_suspected):
            known = known.model_copy(update={"suspected": known.suspected or now})
        if known == state.arrivals:
            return state
        # A look may have several turns; the sweep speaks in the first of them.
        looking = state.looking and state.looking.model_copy(update={"by_sweep": False})
        return state.model_copy(update={"arrivals": known, "looking": looking})

    return change


def _finds_upload(state: RouteState, manifest: Manifest) -> bool:
    """Whether the folder has an upload that no look has seen before."""
    synced = state.synced
    if synced is None or synced.listing in {None, manifest.listing} or synced.revision == manifest.revision:
        return False
    if state.suspended_since or not manifest.files:
        return False
    if synced.revision is None and state.looked_at:
        return manifest.newest >= state.looked_at
    return not state.behind_since and manifest.newest >= synced.listed_at


def heard(until: datetime) -> Transition:
    """An event of an upload arrived; those up to `until`, when a look follows, need not be noted."""

    def change(state: RouteState, now: datetime) -> RouteState:
        known = state.arrivals
        arrivals = Arrivals(
            arriving_since=now if are_missing(known) or known.arriving_since is None else known.arriving_since,
            heard_until=max(until, known.heard_until or until),
            unannounced=known.unannounced,
            checks=known.checks,
        )
        pending = state.pending and state.pending.model_copy(update={"by_sweep": False})
        return state.model_copy(update={"arrivals": arrivals, "pending": pending})

    return change


def check_uploaded(check_id: str) -> Transition:
    """The event arrived that tells of the file of a check."""

    def change(state: RouteState, now: datetime) -> RouteState:
        return _with_check(heard(now)(state, now), EventCheck(id=check_id, uploaded_at=now))

    return change


def check_deleted(check_id: str) -> Transition:
    """The event arrived that tells of the deletion of the file of a check."""
    return lambda state, now: _with_check(state, EventCheck(id=check_id, deleted_at=now))


def _with_check(state: RouteState, found: EventCheck) -> RouteState:
    """Return the state with the check; events may come in any order, and again."""
    known = next((check for check in state.arrivals.checks if check.id == found.id), found)
    merged = EventCheck(
        id=found.id,
        uploaded_at=known.uploaded_at or found.uploaded_at,
        deleted_at=known.deleted_at or found.deleted_at,
    )
    others = (check for check in state.arrivals.checks if check.id != found.id)
    checks = (*others, merged)[-_CHECKS_KEPT:]
    return state.model_copy(update={"arrivals": state.arrivals.model_copy(update={"checks": checks})})


@dataclass(frozen=True, slots=True)
class Announcements:
    """Takes the events of uploads: each is a notice, and shows that events arrive.

    Where there is a receiver of notifications, `outbox` sends it the alert that they do again.
    """

    states: RouteStates
    wake_ups: WakeUps
    outbox: Outbox | None

    def upload(self, route: Route, changed_at: datetime | None = None) -> None:
        """An event told of an upload, which was made at `changed_at` where that is known."""
        loaded = self.wake_ups.notice(route, changed_at=changed_at, note=lambda until: self._telling(heard(until)))
        if loaded and are_missing(loaded.state.arrivals):
            self._ask(route, self.states.read(route).state)

    def check_uploaded(self, route: Route, check_id: str) -> None:
        """An event told of the file of a check."""
        self._ask(route, self.states.update(route, self._telling(check_uploaded(check_id))))

    def check_deleted(self, route: Route, check_id: str) -> None:
        """An event told of the deletion of the file of a check."""
        self.states.update(route, check_deleted(check_id))

    def _telling(self, change: Transition) -> Transition:
        return telling(change) if self.outbox else change

    def _ask(self, route: Route, state: RouteState) -> None:
        if self.outbox:
            self.outbox.ask(route, state)


def telling(change: Callable[[RouteState, datetime], RouteState]) -> Transition:
    """Return the change with the alert that it raises."""
    return lambda state, now: told_of_events(state, change(state, now), now)
