"""Queue messages: which route of the settings a message names."""

import json
import logging
from collections.abc import Iterable

from shared.route import Route

log = logging.getLogger(__name__)


def route_name_of(message: bytes) -> str | None:
    """Return the name of the route that a message is for, or None where the message is not the app's."""
    try:
        return str(json.loads(message)["route"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def route_of(message: bytes, routes: Iterable[Route]) -> Route | None:
    """Return the route that a message names; None, with a line in the log, for one that the settings do not list."""
    name = route_name_of(message)
    route = next((route for route in routes if route.name == name), None)
    if route is None:
        log.warning("a message names no route of the settings: it is from an older configuration or an unknown sender")
    return route
