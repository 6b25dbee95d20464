"""Routes and syncs as tables. Names come from a folder that others write to, so nothing in them is markup."""

from collections.abc import Sequence
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


def condition(route: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return one of the conditions of a route as `/api/routes` shows it."""
    found: dict[str, Any] = next(each for each in route["conditions"] if each["type"] == kind)
    return found


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
    """Return what an engineer should know first: what keeps the route from being ready, else Airflow's errors."""
    ready = condition(route, "Ready")
    parsed = next((each for each in route["conditions"] if each["type"] == "Parsed"), ready)
    is_first = ready["status"] == "True" and parsed["status"] == "False"
    return str(parsed["sentence"] if is_first else ready["sentence"]) + _ignored(route.get("ignored"))


def _ignored(ignored: dict[str, Any] | None) -> str:
    """Return which files are not imported, the first of them by name; empty where there are none, or an older app."""
    if not ignored or not ignored["count"]:
        return ""
    first = ignored["first"][0]
    return f"; not imported: {ignored['count']} files, first {first['name']}: {first['reason']}"


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
