"""How a route's state changes while Airflow is asked about a sync: pure functions, as in `transitions`."""

from datetime import datetime, timedelta

from shared.sync.state import AirflowSummary, Asking, RouteState
from shared.sync.store import Transition

_FIRST_LOOK = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(seconds=320)
# A look takes no longer, unless its worker is lost: then a sweep finds that the next one is due.
_LONGEST_LOOK = timedelta(seconds=90)


def begun(sync_id: str, within: timedelta) -> Transition:
    """Airflow is to be asked about the files of a sync that has just ended."""

    def change(state: RouteState, now: datetime) -> RouteState:
        first = Asking(sync_id=sync_id, since=now, next_look=now + min(_FIRST_LOOK, within), give_up_at=now + within)
        return state.model_copy(update={"asking": first})

    return change


def look_armed(known: Asking) -> Transition:
    """A wake-up was sent for the next look at Airflow."""
    armed = known.model_copy(update={"armed": True})
    return lambda state, _now: state.model_copy(update={"asking": armed}) if state.asking == known else state


def look_taken(known: Asking, now: datetime) -> Asking:
    """Return the asking while a worker makes the look that is due: no other one makes it meanwhile."""
    return known.model_copy(update={"next_look": now + _LONGEST_LOOK, "armed": False})


def taking_look(known: Asking, taken: Asking) -> Transition:
    """A worker takes the look that is due; it may make it if the asking was the `known` one before."""
    return lambda state, _now: state.model_copy(update={"asking": taken}) if state.asking == known else state


def airflow_looked(known: Asking, summary: AirflowSummary, after: Asking | None) -> Transition:
    """Airflow was asked; nothing of it counts if another look, or a newer sync, came first."""
    return lambda state, _now: (
        state.model_copy(update={"asking": after, "airflow": summary}) if is_same(state.asking, known) else state
    )


def next_look(known: Asking, now: datetime) -> Asking:
    """Return the asking after one more look: the pause doubles from 10 s up to 320 s, the last look is at the end."""
    pause = min(_FIRST_LOOK * 2 ** (known.looks + 1), _LONGEST_PAUSE)
    due = min(now + pause, known.give_up_at)
    return known.model_copy(update={"looks": known.looks + 1, "next_look": due, "armed": True})


def is_same(asking: Asking | None, known: Asking) -> bool:
    """Whether no other look has ended since; one that takes longer than it should may have been begun again."""
    known_by = (known.sync_id, known.since, known.looks)
    return asking is not None and (asking.sync_id, asking.since, asking.looks) == known_by
