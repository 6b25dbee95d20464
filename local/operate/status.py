"""`status` and `watch`: how the routes are, once or until they are ready."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.live import Live

from local.operate.deployment import Deployment
from local.operate.tables import condition, is_ready, routes_table, utc_now

Looks = Iterator[list[dict[str, Any]]]


def status(app: Deployment, route: str | None, *, as_json: bool) -> int:
    """Show how the routes are; return 0 if all of them are ready, else 1."""
    routes = _routes(app, route)
    if as_json:
        print(json.dumps(routes))
    else:
        Console().print(routes_table(routes, utc_now()))
    return 0 if all(map(is_ready, routes)) else 1


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, and for how long; in seconds."""

    every_s: float
    timeout_s: float


def watch(app: Deployment, route: str | None, pace: Pace, *, until_ready: bool, as_json: bool) -> int:
    """Show how the routes are, again and again; JSON is a line whenever something has changed.

    With `until_ready` it ends with 0 once all routes are ready and at rest. After the pace's time-out it returns 1.
    """
    looks = _looks(app, route, pace)
    show = _changes_as_json if as_json else _live_table
    return 0 if any(until_ready and _at_rest(routes) for routes in show(looks)) else 1


def _changes_as_json(looks: Looks) -> Looks:
    before = None
    for routes in looks:
        if routes != before:
            print(json.dumps(routes), flush=True)
        before = routes
        yield routes


def _live_table(looks: Looks) -> Looks:
    with Live(console=Console(), auto_refresh=False) as live:
        for routes in looks:
            live.update(routes_table(routes, utc_now()), refresh=True)
            yield routes


def _looks(app: Deployment, route: str | None, pace: Pace) -> Looks:
    give_up_at = time.monotonic() + pace.timeout_s
    yield _routes(app, route)
    while time.monotonic() + pace.every_s <= give_up_at:
        time.sleep(pace.every_s)
        yield _routes(app, route)


def _routes(app: Deployment, route: str | None) -> list[dict[str, Any]]:
    return [app.get("routes", route)] if route else list(app.get("routes")["value"])


def _at_rest(routes: list[dict[str, Any]]) -> bool:
    return all(is_ready(route) and condition(route, "Reconciling")["status"] == "False" for route in routes)
