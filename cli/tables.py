"""Routes and syncs as tables. Names come from a folder that others write to, so nothing in them is markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

_UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
)
_STYLES = {"True": "green", "False": "red", "Unknown": "yellow"}
_GOOD = frozenset({"succeeded", "accepted", "unchanged"})
_NAMES_SHOWN = 20
# What may be wrong with a route that is ready, the worse first.
_VERDICTS = ("Parsed", "EventsArriving")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file of a route, in the words of Airflow or of the app's checks."""

    route: str
    file: str
    line: int | None
    words: str
    style: str


def condition(route: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return one of the conditions of a route as `/api/routes` shows it; raise LookupError if it has none."""
    found: dict[str, dict[str, Any]] = {each["type"]: each for each in route["conditions"]}
    return found[kind]


def is_ready(route: dict[str, Any]) -> bool:
    """Whether Data Factory has taken what the folder holds."""
    return bool(condition(route, "Ready")["status"] == "True")


def is_good(record: dict[str, Any]) -> bool:
    """Whether a sync did what it was for."""
    return record["outcome"] in _GOOD


def routes_table(routes: Sequence[dict[str, Any]], now: datetime) -> Table:
    """Return the status of routes, one row each."""
    table = Table("route", "ready", "now", "last sync", "pending", "failures", "why")
    for route in routes:
        ready, reconciling = condition(route, "Ready"), condition(route, "Reconciling")
        synced = route["synced"]
        table.add_row(
            Text(route["name"]),
            Text(ready["reason"], style=_STYLES[ready["status"]]),
            Text(reconciling["reason"]),
            f"{age(synced['listedAt'], now)} ago, {synced['files']} files" if synced else "never",
            age(route["pendingSince"], now),
            str(route["failuresInARow"]),
            Text(_why(route)),
        )
    return table


def _why(route: dict[str, Any]) -> str:
    """Return what an engineer should know first: why the route is not ready, else Airflow's errors, missing events."""
    ready = condition(route, "Ready")
    verdicts = [each for each in route["conditions"] if each["type"] in _VERDICTS and each["status"] == "False"]
    if verdicts and ready["status"] == "True":
        why = f"{verdicts[0]['reason']}: {verdicts[0]['sentence']}"
    else:
        why = str(ready["sentence"])
    return why + _ignored(route.get("ignored"))


def _ignored(ignored: dict[str, Any] | None) -> str:
    """Return which files are not imported, the first of them by name; empty where there are none, or an older app."""
    if not ignored or not ignored["count"]:
        return ""
    first = ignored["first"][0]
    return f"; not imported: {ignored['count']} files, first {first['name']}: {first['reason']}"


def problems_of_route(route: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with files of a route, worst first, as far as the app names them."""
    findings = route["findings"]
    return _problems(route["name"], route["airflow"], findings["first"], findings["count"])


def problems_of_sync(record: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with files that a sync brought, worst first."""
    findings = record["findings"]
    return _problems(record["route"], record["airflow"], findings, len(findings))


def _problems(
    route: str, airflow: dict[str, Any] | None, findings: Sequence[dict[str, Any]], count: int
) -> list[Problem]:
    said = airflow or {"errors": 0, "firstErrors": [], "states": {}}
    unseen = said["states"].get("NotSeen")
    left = said["errors"] - len(said["firstErrors"]) + count - len(findings)
    return [
        *(Problem(route, file["name"], file["line"], file["words"], "red") for file in said["firstErrors"]),
        *(_found(route, finding, "red") for finding in findings if finding["blocking"]),
        *([Problem(route, f"{unseen} files", None, "Airflow has not seen them", "red")] if unseen else []),
        *(_found(route, finding, "yellow") for finding in findings if not finding["blocking"]),
        *([Problem(route, f"and {left} more", None, "", "")] if left else []),
    ]


def _found(route: str, finding: dict[str, Any], style: str) -> Problem:
    return Problem(route, finding["file"], finding["line"], finding["message"], style)


def problems_table(problems: Sequence[Problem]) -> Table:
    """Return what is wrong with files, one row each."""
    table = Table("route", "file", "line", "problem")
    for each in problems:
        line = "" if each.line is None else str(each.line)
        table.add_row(Text(each.route), Text(each.file), line, Text(each.words, style=each.style))
    return table


def syncs_table(syncs: Sequence[dict[str, Any]], now: datetime) -> Table:
    """Return syncs, one row each."""
    table = Table("sync", "began", "outcome", "trigger", "why")
    for sync in syncs:
        style = "green" if is_good(sync) else "yellow" if sync["outcome"] == "running" else "red"
        table.add_row(
            sync["syncId"],
            f"{age(sync['startedAt'], now)} ago",
            Text(sync["outcome"], style=style),
            Text(sync["trigger"]),
            Text(sync["message"] or sync["code"] or ""),
        )
    return table


def names_table(changes: dict[str, dict[str, Any]]) -> Table:
    """Return what was added, changed and removed: the first names, and their number."""
    table = Table("change", "files", "names")
    for kind in ("added", "changed", "removed"):
        first = changes[kind]["first"][:_NAMES_SHOWN]
        more = changes[kind]["count"] - len(first)
        names = "\n".join([*first, f"and {more} more"] if more else first)
        table.add_row(kind, str(changes[kind]["count"]), Text(names))
    return table


def age(time: str | None, now: datetime) -> str:
    """Return how long ago a time in ISO 8601 was, in its largest unit; empty for None."""
    if time is None:
        return ""
    passed = max(now - datetime.fromisoformat(time), timedelta())
    name, unit = next(((name, unit) for name, unit in _UNITS if passed >= unit), _UNITS[-1])
    return f"{passed // unit} {name}"


def utc_now() -> datetime:
    """Return the time to compare the app's times with."""
    return datetime.now(UTC)
