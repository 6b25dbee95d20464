"""How a route is, as Flux and Kubernetes say it: conditions with a reason for programs and a sentence for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.relay.state import RouteState


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect of a route; `since` is None where nothing has happened yet."""

    type: Literal["Ready", "Reconciling", "Stalled"]
    status: Literal["True", "False", "Unknown"]
    reason: str
    sentence: str
    since: datetime | None = None


def conditions(state: RouteState) -> tuple[Condition, ...]:
    """Return whether the route is up to date, whether it is working on that, and whether it needs a person."""
    return _ready(state), _reconciling(state), _stalled(state)


def _ready(state: RouteState) -> Condition:
    if state.held:
        return Condition("Ready", "False", state.held.reason, state.held.sentence, state.held.since)
    if state.failure:
        return Condition("Ready", "False", state.failure.code, state.failure.message, state.failure.at)
    if state.synced is None:
        return Condition("Ready", "Unknown", "NeverSynced", "nothing has been synced yet")
    if state.synced.revision is None:
        return Condition("Ready", "Unknown", "OutcomeOpen", "nobody knows what ADF read; it is synced again")
    return Condition("Ready", "True", "Synced", "ADF took what the folder held", state.synced.listed_at)


def _reconciling(state: RouteState) -> Condition:
    if state.suspended_since:
        return Condition("Reconciling", "False", "Suspended", "somebody suspended the route", state.suspended_since)
    if state.operation:
        started = state.operation.listed_at
        return Condition("Reconciling", "True", "SyncRunning", "ADF works on an accepted sync", started)
    if state.burst_since:
        return Condition("Reconciling", "True", "BurstRunning", "files are still being changed", state.burst_since)
    if state.pending:
        since = state.pending.since
        return Condition("Reconciling", "True", "WakeUpArmed", "the folder is about to be looked at", since)
    return Condition("Reconciling", "False", "Idle", "nothing is to be done")


def _stalled(state: RouteState) -> Condition:
    if state.held:
        return Condition("Stalled", "True", state.held.reason, "a person has to decide", state.held.since)
    if state.failure and not state.failure.transient:
        return Condition("Stalled", "True", state.failure.code, "ARM refuses this revision", state.failure.at)
    return Condition("Stalled", "False", "NothingInTheWay", "no person is needed")
