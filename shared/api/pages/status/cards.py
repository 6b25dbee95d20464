"""What the page shows of a route: the API's view of it, put into words and looks for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.api.pages.status.timeline import LOOKS, Look, Timeline, timeline
from shared.api.routes.views import RouteView
from shared.folder.checks import Finding
from shared.sync.conditions import Condition, place
from shared.sync.history import SyncRecord, SyncSummary
from shared.sync.state import AirflowSummary, BrokenFile, RouteState

_TRIGGER_ONLY = "no details"
_PROBLEMS_OF_A_ROUTE = 3
_PROBLEMS_OF_A_SYNC = 1


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
class FileProblem:
    """What is wrong with a file: where, and in whose words."""

    look: Look
    text: str


@dataclass(frozen=True, slots=True)
class FileProblems:
    """The worst of what is wrong with files, and how much more there is."""

    worst: tuple[FileProblem, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class SyncShown:
    """A row of the table of syncs."""

    record: SyncRecord
    look: Look
    line: str
    problems: FileProblems
    has_more: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A route."""

    route: RouteView
    look: Look
    chips: tuple[Chip, ...]
    sentence: str
    problems: FileProblems
    actions: tuple[Action, ...]
    timeline: Timeline
    syncs: tuple[SyncShown, ...]


def card(route: RouteView, history: Sequence[SyncSummary], latest: Sequence[SyncRecord], now: datetime) -> Card:
    """Return how a route is shown; `latest` are the newest records in full."""
    ready, reconciling, stalled, *verdicts = route.conditions
    return Card(
        route=route,
        look=_look(ready),
        chips=(*_chips(ready, reconciling, stalled), *map(_verdict_chip, verdicts)),
        sentence=sentence(ready.sentence),
        problems=_problems(route.airflow, route.findings.first, route.findings.count, _PROBLEMS_OF_A_ROUTE),
        actions=tuple(_actions(route)),
        timeline=timeline(history, route.pending_since, now),
        syncs=tuple(map(_row, latest)),
    )


def worst_problem(state: RouteState) -> str | None:
    """Return the worst of what is wrong with files of the last sync, if anything is."""
    worst = _problems(state.airflow, state.findings.first, state.findings.count, 1).worst
    return worst[0].text if worst else None


def sentence(text: str) -> str:
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
    problems = _problems(record.airflow, record.findings, len(record.findings), _PROBLEMS_OF_A_SYNC)
    has_more = bool(record.changes or record.findings or record.calls or record.airflow)
    return SyncShown(record, LOOKS[record.outcome], line, problems, has_more=has_more)


def _problems(airflow: AirflowSummary | None, findings: Sequence[Finding], count: int, shown: int) -> FileProblems:
    """Return what is wrong with files, worst first: what Airflow says, what stops an import, what may.

    `count` is how many findings there are. What Airflow says of a file itself takes the place of a blocking finding.
    """
    broken = airflow.first_errors if airflow else ()
    unseen = airflow.states.get("NotSeen", 0) if airflow else 0
    new = [each for each in findings if not (each.blocking and _is_told(each, broken))]
    worst = (
        *(FileProblem("bad", f"{place(file)}: {file.words}") for file in broken),
        *(_found("bad", each) for each in new if each.blocking),
        *([FileProblem("bad", f"Airflow has not seen {unseen} of the files")] if unseen else []),
        *(_found("held", each) for each in new if not each.blocking),
    )
    unnamed = (airflow.errors if airflow else 0) - len(broken) + count - len(findings)
    return FileProblems(worst[:shown], len(worst[shown:]) + unnamed)


def _is_told(finding: Finding, broken: Sequence[BrokenFile]) -> bool:
    return any(file.name.endswith(f"/{finding.file}") for file in broken)


def _found(look: Look, finding: Finding) -> FileProblem:
    line = "" if finding.line is None else f", line {finding.line}"
    return FileProblem(look, f"{finding.file}{line}: {finding.message}")


def _counted(record: SyncRecord) -> str:
    if record.changes is None:
        return _TRIGGER_ONLY
    changes = record.changes
    counts = ((changes.added.count, "added"), (changes.changed.count, "changed"), (changes.removed.count, "removed"))
    return ", ".join(f"{count} {kind}" for count, kind in counts if count) or "no file differs"
