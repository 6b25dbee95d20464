"""`status` and `watch`: status of the routes, once or until they are ready."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.live import Live

from cli.console import Console
from cli.deployment import Deployment
from cli.errors import Exit, NotFoundError
from cli.tables import condition, is_ready, problems_of_route, problems_table, routes_table, utc_now

Looks = Iterator[list[dict[str, Any]]]


def status(app: Deployment, route: str | None, *, as_json: bool) -> Exit:
    """Show the status of the routes; OK if all of them are ready."""
    routes = _routes(app, route)
    if as_json:
        print(json.dumps(routes))
    else:
        Console().print(_tables(routes))
    return Exit.OK if all(map(is_ready, routes)) else Exit.NOT_OK


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, and for how long; in seconds."""

    every_s: float
    timeout_s: float


def watch(app: Deployment, route: str | None, pace: Pace, *, until_ready: bool, as_json: bool) -> Exit:
    """Show the status of the routes, updated at the pace; JSON is one line for each change.

    With `until_ready` it asks for a look at each folder, so that what was uploaded before is known, and ends with OK
    once all routes are ready and idle, with TIMED_OUT after the pace's time-out.
    """
    if until_ready:
        ask_for_looks(app, route)
    looks = _looks(app, route, pace)
    show = _changes_as_json if as_json else _live_table
    return Exit.OK if any(until_ready and _are_idle(routes) for routes in show(looks)) else Exit.TIMED_OUT


def ask_for_looks(app: Deployment, route: str | None) -> None:
    """Let the app look at the folders; from then on a route is idle only when it has. An older app cannot be asked."""
    names = [route] if route else [each["name"] for each in _routes(app, None)]
    for name in names:
        with suppress(NotFoundError):
            app.post("routes", name, "look")


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
            live.update(_tables(routes), refresh=True)
            yield routes


def _tables(routes: list[dict[str, Any]]) -> Group:
    problems = [problem for route in routes for problem in problems_of_route(route)]
    table = routes_table(routes, utc_now())
    return Group(table, problems_table(problems)) if problems else Group(table)


def _looks(app: Deployment, route: str | None, pace: Pace) -> Looks:
    give_up_at = time.monotonic() + pace.timeout_s
    yield _routes(app, route)
    while time.monotonic() + pace.every_s <= give_up_at:
        time.sleep(pace.every_s)
        yield _routes(app, route)


def _routes(app: Deployment, route: str | None) -> list[dict[str, Any]]:
    routes = [app.get("routes", route)] if route else list(app.get("routes")["value"])
    for each in routes:
        # Another service's answer ends the command here, before anything of it is printed.
        condition(each, "Ready")
    return routes


def _are_idle(routes: list[dict[str, Any]]) -> bool:
    return all(is_ready(route) and condition(route, "Reconciling")["status"] == "False" for route in routes)
