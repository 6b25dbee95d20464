"""The time line of a route: what was uploaded and what was synced in the last day, as places on a line.

Places are percentages of the line's length, so that the drawing fits any width while its text keeps its size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.sync.history import SyncSummary

SPAN = timedelta(hours=24)
_TICK = timedelta(hours=3)
_LEAST_PERCENT = 0.4

Look = Literal["good", "running", "held", "bad"]
LOOKS: dict[str, Look] = {
    "succeeded": "good",
    "accepted": "good",
    "unchanged": "good",
    "running": "running",
    "held": "held",
    "failed": "bad",
    "refused": "bad",
    "poison": "bad",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """Uploads from `start`, over `width`; `synced` once a sync has taken them."""

    start: float
    width: float
    synced: bool
    title: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A sync."""

    place: float
    look: Look
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A full hour."""

    place: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What to draw, and the same in a sentence for those who do not see it."""

    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    sentence: str


def timeline(syncs: Sequence[SyncSummary], pending_since: datetime | None, now: datetime) -> Timeline:
    """Return the last day up to `now`; `pending_since` is when the oldest change began to wait, if one does."""
    shown = [sync for sync in syncs if sync.started_at >= now - SPAN]
    dots = tuple(_dot(sync, now) for sync in reversed(shown))
    bad = sum(dot.look == "bad" for dot in dots)
    return Timeline(
        bars=tuple(_bars(shown, pending_since, now)),
        dots=dots,
        ticks=tuple(_ticks(now)),
        sentence=f"In the last 24 hours: {len(dots)} attempts to sync, {bad} of them failed.",
    )


def _bars(syncs: Iterable[SyncSummary], pending_since: datetime | None, now: datetime) -> Iterable[Bar]:
    for sync in syncs:
        if sync.uploads and sync.uploads.last >= now - SPAN:
            synced = LOOKS[sync.outcome] == "good"
            yield _bar(sync.uploads.first, sync.uploads.last, now, synced=synced)
    if pending_since:
        yield _bar(pending_since, now, now, synced=False)


def _bar(first: datetime, last: datetime, now: datetime, *, synced: bool) -> Bar:
    start, end = _place(first, now), _place(last, now)
    title = f"{'uploaded' if synced else 'not synced yet, uploaded'} {first:%H:%M:%S} to {last:%H:%M:%S} UTC"
    return Bar(min(start, 100 - _LEAST_PERCENT), max(end - start, _LEAST_PERCENT), synced, title)


def _dot(sync: SyncSummary, now: datetime) -> Dot:
    return Dot(_place(sync.started_at, now), LOOKS[sync.outcome], f"{sync.outcome} at {sync.started_at:%H:%M:%S} UTC")


def _ticks(now: datetime) -> Iterable[Tick]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    hour -= timedelta(hours=hour.hour % (_TICK // timedelta(hours=1)))
    while hour > now - SPAN:
        yield Tick(_place(hour, now), f"{hour:%H:%M}")
        hour -= _TICK


def _place(moment: datetime, now: datetime) -> float:
    return round(min(100.0, max(0.0, 100 * (1 - (now - moment) / SPAN))), 2)
