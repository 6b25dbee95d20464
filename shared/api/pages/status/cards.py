"""What the page shows of a route: the API's view of it, put into words and looks for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.api.pages.status.timeline import LOOKS, Look, Timeline, timeline
from shared.api.routes.views import RouteView
from shared.sync.conditions import Condition, place
from shared.sync.history import SyncRecord, SyncSummary

_TRIGGER_ONLY = "no details"
_TROUBLES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition and how it looks."""

    condition: Condition
    look: Look | None


@dataclass(frozen=True, slots=True)
class Action:
    """A button: the last segment of what it posts to, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SyncShown:
    """A row of the table of syncs."""

    record: SyncRecord
    look: Look
    line: str
    trouble: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A route."""

    route: RouteView
    look: Look
    chips: tuple[Chip, ...]
    sentence: str
    troubles: tuple[str, ...]
    actions: tuple[Action, ...]
    timeline: Timeline
    syncs: tuple[SyncShown, ...]


@dataclass(frozen=True, slots=True)
class Overall:
    """All routes in one sentence."""

    look: Look
    sentence: str


UNKNOWN_STATE = Overall("bad", "The status of the routes is unknown")


def card(route: RouteView, history: Sequence[SyncSummary], latest: Sequence[SyncRecord], now: datetime) -> Card:
    """Return how a route is shown; `latest` are the newest records in full."""
    ready, reconciling, stalled, *verdicts = route.conditions
    return Card(
        route=route,
        look=_look(ready),
        chips=(*_chips(ready, reconciling, stalled), *map(_verdict_chip, verdicts)),
        sentence=_sentence(ready.sentence),
        troubles=tuple(islice(_troubles(latest[0]), _TROUBLES_SHOWN)) if latest else (),
        actions=tuple(_actions(route)),
        timeline=timeline(history, route.pending_since, now),
        syncs=tuple(map(_row, latest)),
    )


def overall(cards: Sequence[Card]) -> Overall:
    """Return the state of all routes together."""
    not_ready = [card for card in cards if card.look in {"bad", "held"}]
    if not_ready:
        names = ", ".join(card.route.name for card in not_ready)
        return Overall("bad", f"{len(not_ready)} of {len(cards)} routes not ready: {names}")
    if any(card.look == "running" for card in cards):
        return Overall("running", "Working")
    if troubled := [card.route.name for card in cards if card.troubles]:
        return Overall("held", f"All routes ready, but not all of their files are good: {', '.join(troubled)}")
    return Overall("good", "All routes ready")


def _sentence(text: str) -> str:
    """Return a clause of ours, or what ARM said, as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip(' .')}."


def _look(ready: Condition) -> Look:
    match ready.status:
        case "True":
            return "good"
        case "Unknown":
            return "running"
        case _:
            return "bad"


def _chips(ready: Condition, reconciling: Condition, stalled: Condition) -> Iterator[Chip]:
    yield Chip(ready, _look(ready))
    yield Chip(reconciling, "running" if reconciling.status == "True" else None)
    yield Chip(stalled, "held" if stalled.status == "True" else None)


def _verdict_chip(verdict: Condition) -> Chip:
    looks: dict[str, Look] = {"True": "good", "False": "bad", "Unknown": "running"}
    is_open = verdict.reason == "NoEventYet"
    return Chip(verdict, None if is_open else looks[verdict.status])


def _actions(route: RouteView) -> Iterator[Action]:
    yield Action("sync", "Sync now")
    yield Action("resume", "Resume") if route.suspended_since else Action("suspend", "Suspend")
    if route.removed:
        yield Action("acknowledge-removed", "Acknowledge removed files")


def _row(record: SyncRecord) -> SyncShown:
    line = record.message or record.code or _counted(record)
    has_more = bool(record.changes or record.findings or record.calls)
    return SyncShown(record, LOOKS[record.outcome], line, next(_troubles(record), ""), has_more=has_more)


def _troubles(record: SyncRecord) -> Iterator[str]:
    """Yield what is wrong with files of a sync, worst first: what Airflow says, what stops an import, what may."""
    if record.airflow:
        for broken in record.airflow.first_errors:
            yield f"{place(broken)}: {broken.words}"
        if record.airflow.states.get("NotSeen"):
            yield f"Airflow has not seen {record.airflow.states['NotSeen']} files"
    for finding in sorted(record.findings, key=lambda finding: not finding.blocking):
        line = "" if finding.line is None else f", line {finding.line}"
        yield f"{finding.file}{line}: {finding.message}"


def _counted(record: SyncRecord) -> str:
    if record.changes is None:
        return _TRIGGER_ONLY
    changes = record.changes
    counts = ((changes.added.count, "added"), (changes.changed.count, "changed"), (changes.removed.count, "removed"))
    return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "no file differs"
