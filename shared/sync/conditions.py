"""The status of a route as Flux and Kubernetes have it: conditions with reasons for programs, sentences for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.route import Route
from shared.sync.state import Arrivals, BrokenFile, RouteState, are_missing


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect of a route; `since` is None where nothing has happened yet that would tell."""

    type: Literal["Ready", "Reconciling", "Stalled", "Parsed", "EventsArriving"]
    status: Literal["True", "False", "Unknown"]
    reason: str
    sentence: str
    since: datetime | None = None


def conditions(route: Route, state: RouteState, *, expects_events: bool = False) -> tuple[Condition, ...]:
    """Return whether the route is up to date, whether it is working on that, and whether it needs an operator.

    And, where Airflow is asked, whether it has parsed what was synced last; and where Event Grid is to tell of uploads,
    whether it does.
    """
    parsed = _parsed(state)
    arriving = _events_arriving(state.arrivals) if expects_events else None
    others = (condition for condition in (parsed, arriving) if condition)
    service = route.service
    return (_ready(service, state), _reconciling(service, state), _stalled(service, state), *others)


def failing_since(state: RouteState) -> datetime | None:
    """Return when the first of the failures in a row was."""
    return (state.failure.since or state.failure.at) if state.failure else None


def pending_since(state: RouteState) -> datetime | None:
    """Return since when something waits to be looked at or to be synced."""
    known = (
        state.pending.since if state.pending else None,
        state.looking.since if state.looking else None,
        state.burst_since,
        state.requested.at if state.requested else None,
        state.held.since if state.held else None,
        state.quota_wait.since if state.quota_wait else None,
        state.unreadable.since if state.unreadable else None,
        failing_since(state),
    )
    return min((moment for moment in known if moment), default=None)


def _ready(service: str, state: RouteState) -> Condition:
    if state.unreadable:
        sentence = f"the folder cannot be listed: {state.unreadable.code}: {state.unreadable.message}"
        return Condition("Ready", "False", "FolderUnreadable", sentence, state.unreadable.since)
    if state.held:
        return Condition("Ready", "False", state.held.reason, state.held.sentence, state.held.since)
    if state.failure:
        return Condition("Ready", "False", state.failure.code, state.failure.message, failing_since(state))
    if state.synced is None:
        return Condition("Ready", "Unknown", "NeverSynced", "nothing has been synced yet")
    if state.synced.revision is None:
        since = state.synced.open_since or state.synced.listed_at
        sentence = f"it is unknown what {service} has of the folder; it will be synced again"
        return Condition("Ready", "Unknown", "OutcomeOpen", sentence, since)
    if state.not_sent:
        files = "1 file" if state.not_sent == 1 else f"{state.not_sent} files"
        sentence = f"the job holds what the folder held, but for {files} that it cannot take: see notSentFiles"
        return Condition("Ready", "True", "SyncedInPart", sentence, state.synced.listed_at)
    return Condition("Ready", "True", "Synced", f"{service} took what the folder held", state.synced.listed_at)


def _reconciling(service: str, state: RouteState) -> Condition:
    if state.suspended_since:
        return Condition("Reconciling", "False", "Suspended", "an operator suspended the route", state.suspended_since)
    if state.operation:
        started = state.operation.listed_at
        return Condition("Reconciling", "True", "SyncRunning", f"a sync into {service} is running", started)
    if state.calling:
        return Condition("Reconciling", "True", "Syncing", f"a sync into {service} is beginning", state.calling.at)
    if state.quota_wait:
        sentence = f"{service} takes no more calls for now; trying again at {state.quota_wait.until:%H:%M:%S} UTC"
        return Condition("Reconciling", "True", "Throttled", sentence, state.quota_wait.since)
    if state.burst_since:
        return Condition("Reconciling", "True", "BurstRunning", "files are still being changed", state.burst_since)
    return _about_to_sync(state) or Condition("Reconciling", "False", "Idle", "nothing to do", _last_work(state))


def _about_to_sync(state: RouteState) -> Condition | None:
    if state.looking:
        since = state.looking.since
        return Condition("Reconciling", "True", "Looking", "the folder is being looked at", since)
    if state.pending:
        since = state.pending.since
        return Condition("Reconciling", "True", "WakeUpArmed", "the folder is about to be looked at", since)
    if state.requested:
        since = state.requested.at
        return Condition("Reconciling", "True", "SyncRequested", "a sync was requested and is about to begin", since)
    return None


def _last_work(state: RouteState) -> datetime | None:
    """Return when something was last done about the folder."""
    known = (
        state.synced and state.synced.listed_at,
        state.failure and state.failure.at,
        state.held and state.held.since,
    )
    return max((moment for moment in known if moment), default=None)


def _stalled(service: str, state: RouteState) -> Condition:
    if state.held:
        return Condition("Stalled", "True", state.held.reason, "needs a decision by an operator", state.held.since)
    if state.failure and not state.failure.transient:
        return Condition("Stalled", "True", state.failure.code, f"{service} refuses this revision", state.failure.at)
    since = state.synced.listed_at if state.synced else None
    return Condition("Stalled", "False", "NoActionNeeded", "no action needed", since)


NOTHING_SEEN = "Airflow shows nothing of any file that the sync brought: the import may have failed silently"


def _parsed(state: RouteState) -> Condition | None:
    known, asking = state.airflow, state.asking
    if asking and (known is None or known.sync_id != asking.sync_id):
        return Condition(
            "Parsed", "Unknown", "Asking", "Airflow is about to be asked about the last sync", asking.since
        )
    if known is None:
        return None
    if known.errors:
        words = "; ".join(f"{place(file)}: {file.words}" for file in known.first_errors)
        more = f" and {known.errors - len(known.first_errors)} more" if known.errors > len(known.first_errors) else ""
        return Condition("Parsed", "False", "ImportErrors", f"Airflow could not import {words}{more}", known.at)
    if known.trouble:
        return Condition("Parsed", "Unknown", "Unreachable", f"Airflow could not be asked: {known.trouble}", known.at)
    if known.states.get("NotSeen"):
        some = f"Airflow has not seen {known.states['NotSeen']} of {sum(known.states.values())} files"
        return Condition("Parsed", "False", "NotSeen", NOTHING_SEEN if known.nothing_seen else some, known.at)
    if known.states.get("Pending"):
        left = f"Airflow has not parsed {known.states['Pending']} files yet"
        return Condition("Parsed", "Unknown", "Asking", left, known.at)
    return Condition("Parsed", "True", "Parsed", "Airflow has parsed what the last sync brought", known.at)


NO_EVENTS = "sweeps found uploads that no event had announced, so that uploads are noticed minutes late"


def _events_arriving(known: Arrivals) -> Condition:
    if are_missing(known):
        return Condition("EventsArriving", "False", "NotArriving", NO_EVENTS, known.missing_since)
    if known.arriving_since is None:
        return Condition("EventsArriving", "Unknown", "NoEventYet", "no event of an upload has arrived yet")
    return Condition("EventsArriving", "True", "Arriving", "events tell of uploads", known.arriving_since)


def place(file: BrokenFile) -> str:
    """Return where an import error is."""
    return file.name if file.line is None else f"{file.name}, line {file.line}"


# How much later than planned a thing may be. A lost wake-up is found by the sweep, every five minutes unless set
# otherwise; so what is later than that is not going to happen.
MARGIN = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Something that should have happened."""

    reason: str
    sentence: str


def overdue(state: RouteState, now: datetime, longest_wait: timedelta) -> Iterator[Overdue]:
    """Return what is late at `now`; a change may wait for `longest_wait` where nothing stands against a sync."""
    if state.operation:
        if now > state.operation.give_up_at + MARGIN:
            yield Overdue(
                "OperationOverdue", f"a sync should have ended or been given up at {state.operation.give_up_at}"
            )
        return
    waiting = None if state.suspended_since or state.held else _waiting_since(state)
    if waiting and now > waiting + longest_wait + MARGIN:
        yield Overdue("ChangeOverdue", f"what may have changed at {waiting} has not been looked at or synced")


def _waiting_since(state: RouteState) -> datetime | None:
    """Return since when a change waits, or may be tried again after a failure or after a wait for the quota."""
    pending = state.pending.since if state.pending else None
    requested = state.requested.at if state.requested else None
    began = min((moment for moment in (pending, state.burst_since, requested) if moment), default=None)
    again = (state.failure and state.failure.next_attempt, state.quota_wait and state.quota_wait.until)
    return max((began, *(moment for moment in again if moment))) if began else None
