"""What should have happened by now: a change that nobody looks at, an import that nobody follows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.relay.state import RouteState

# How much later than planned a thing may be. A lost wake-up is found by the sweep, every five minutes unless set
# otherwise; so what is later than that is not going to happen by itself.
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
        yield Overdue("ChangeOverdue", f"nobody has looked at or synced what may have changed at {waiting}")


def _waiting_since(state: RouteState) -> datetime | None:
    """Return since when a change waits, or since when it may be tried again after a failure."""
    pending = state.pending.since if state.pending else None
    requested = state.requested.at if state.requested else None
    began = min((moment for moment in (pending, state.burst_since, requested) if moment), default=None)
    return max(began, state.failure.next_attempt) if began and state.failure else began
