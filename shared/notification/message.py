"""A notification in words: short enough for a chat, and enough for the person on call to know what to do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.route import Route
from shared.sync.state import Alert


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, and why, since when and what to do, a line each.

    `link` is where the sync's record is, or the route where it is about no sync: a path, or a URL where the app knows
    its host name. The texts hold no control characters, and may hold whatever else Azure and the names of files hold.
    """

    title: str
    lines: tuple[str, ...]
    link: str


def put_into_words(route: Route, alert: Alert, origin: str) -> Message:
    """Return the message for an alert of a route; `origin` is the app's own, like `https://host`, or empty."""
    lines = _LINES[alert.kind](route, alert)
    title, *others = (_plain(line) for line in lines)
    sync = f"/syncs/{alert.sync_id}" if alert.sync_id else ""
    return Message(title, tuple(others), f"{origin}/api/routes/{route.name}{sync}")


def _failed(route: Route, alert: Alert) -> Iterator[str]:
    yield f"Syncs of route {route.name} into {route.environment.name} are failing"
    yield f"{alert.code}: {alert.sentence}"
    yield f"Since {_time(alert.since)}, {_counted(alert.count, 'attempt')} so far."
    if alert.transient:
        yield "The relay keeps retrying automatically and sends a message when it has recovered."
    else:
        yield "Needs a decision by an operator: the relay retries after a change in the folder, or once an hour."
        yield f"When fixed: POST /api/routes/{route.name}/sync"


def _held(route: Route, alert: Alert) -> Iterator[str]:
    yield f"A change of route {route.name} is held back from {route.environment.name}"
    yield f"{alert.code}: {alert.sentence}"
    yield f"Since {_time(alert.since)}. Change the folder, or let it through as it is:"
    yield f"POST /api/routes/{route.name}/sync?force=true"


def _removed(route: Route, alert: Alert) -> Iterator[str]:
    more = alert.count - len(alert.names)
    yield f"{_counted(alert.count, 'file')} removed from route {route.name}, but still in {route.environment.name}"
    yield ", ".join(alert.names) + (f" and {more} more" if more > 0 else "")
    why = "The route reports deletions only" if route.is_pushed else "Data Factory's import deletes nothing"
    yield f"Noticed {_time(alert.since)}. {why}: delete them in Airflow, then"
    yield f"POST /api/routes/{route.name}/acknowledge-removed"


def _recovered(route: Route, alert: Alert) -> Iterator[str]:
    yield f"Route {route.name} has recovered: {route.environment.name} is up to date with its folder"
    failed = f", after {_counted(alert.count, 'failed attempt')}" if alert.count else ""
    yield f"{alert.code} began {_time(alert.since)} and ended {_time(alert.at)}{failed}."


def _import_errors(route: Route, alert: Alert) -> Iterator[str]:
    if alert.count:
        files = _counted(alert.count, "file")
        yield f"Airflow could not import {files} of route {route.name} in {route.environment.name}"
        yield str(alert.sentence)
        yield "The sync itself succeeded. Upload the files again once they are corrected."
    else:
        yield f"Airflow has not seen what route {route.name} synced into {route.environment.name}"
        yield str(alert.sentence)
        yield f"Look into the environment, then: POST /api/routes/{route.name}/sync?force=true"


def _import_errors_resolved(route: Route, alert: Alert) -> Iterator[str]:
    yield f"Airflow has imported all files of route {route.name} in {route.environment.name} again"
    yield f"{alert.code} began {_time(alert.since)} and ended {_time(alert.at)}."


def _events_not_arriving(route: Route, alert: Alert) -> Iterator[str]:
    yield f"Event Grid does not tell of uploads to route {route.name}"
    yield f"Since {_time(alert.since)} {alert.sentence}. Nothing is lost."
    yield f"Look at the event subscriptions, then: dag-relay check-events --route {route.name}"


def _events_arriving(route: Route, alert: Alert) -> Iterator[str]:
    yield f"Event Grid tells of uploads to route {route.name} again"
    yield f"{alert.code} began {_time(alert.since)} and ended {_time(alert.at)}."


_LINES: Mapping[str, Callable[[Route, Alert], Iterator[str]]] = {
    "failed": _failed,
    "held": _held,
    "removed": _removed,
    "recovered": _recovered,
    "importErrors": _import_errors,
    "importErrorsResolved": _import_errors_resolved,
    "eventsNotArriving": _events_not_arriving,
    "eventsArriving": _events_arriving,
}


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(text: str) -> str:
    """Take out what would break a line or turn it around: control and formatting characters."""
    return "".join(character if character.isprintable() else " " for character in text)
