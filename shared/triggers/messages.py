"""Queue messages: which route of the settings a message names.

host.json tells the host not to decode messages. It would put one that it cannot decode into the queue of failed ones,
where it could not decode it either: there it would stay for a week. So every message reaches the app, which decodes it.
"""

import base64
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from shared.route import Route
from shared.telemetry import metrics
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

Found = TypeVar("Found")


def route_name_of(message: bytes) -> str | None:
    """Return the name of the route that a message is for, JSON or JSON in base64; None where it is not the app's."""
    return _read(message, lambda content: str(content["route"]))


def due_of(message: bytes) -> datetime | None:
    """Return when a message is due that became visible before, None for one that is due as soon as it is visible."""
    return _read(message, lambda content: datetime.fromisoformat(content["due"]).astimezone(UTC))


def _read(message: bytes, part: Callable[[Any], Found]) -> Found | None:
    for text in _readings(message):
        try:
            return part(json.loads(text))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            continue
    return None


def _readings(message: bytes) -> Iterator[bytes]:
    yield message
    try:
        yield base64.b64decode(message, validate=True)
    except ValueError:
        return


def route_of(message: bytes, routes: Iterable[Route]) -> Route | None:
    """Return the route that a message names; None for one that the settings do not list, which is counted and logged.

    The log does not repeat it: its sender is unknown.
    """
    name = route_name_of(message)
    route = next((route for route in routes if route.name == name), None)
    if route is None:
        metrics.message_ignored()
        log.warning(
            "a message of %d bytes names no route of the settings and is removed: "
            "it is from an older configuration or an unknown sender",
            len(message),
        )
    return route


def note_failed(message: bytes, routes: Iterable[Route], note: Callable[[str], None]) -> None:
    """Log a wake-up that failed five times, and note it for its route.

    Raises nothing: the sweep looks at every folder anyway, while the host would try again every ten minutes for a week.
    """
    route = route_of(message, routes)
    if route is None:
        return
    with bound(route=route.name):
        log.error("a wake-up failed five times; the sweep will look at the folder of route %s", route.name)
        try:
            note(route.name)
        except Exception as error:  # noqa: BLE001 - whatever keeps the record from being written
            log.warning("the wake-up that failed has no record: %s", type(error).__name__)
