"""`plan`: what a sync, or a spec, would do."""

import json
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from cli.console import Console
from cli.deployment import Deployment
from cli.errors import CommandError, Exit
from cli.spec import one_line_errors
from cli.tables import names_table


def plan_sync(app: Deployment, route: str, *, as_json: bool) -> Exit:
    """Show what a sync of the route would import and send."""
    plan = app.post("routes", route, "sync", dryRun="true")
    if as_json:
        print(json.dumps(plan))
        return Exit.OK
    console = Console()
    console.print(Text(f"{plan['decision']} {plan['reason']}: {plan['sentence']}"))
    console.print(names_table(plan["changes"]))
    _print_request(console, plan["request"])
    return Exit.OK


def plan_spec(app: Deployment, environment: str, spec: bytes, *, as_json: bool) -> Exit:
    """Show what a PUT of the spec, as it is, would change, its likely mistakes, and the request."""
    _check(spec)
    plan = app.put(spec, "environments", environment, dryRun="true")
    if as_json:
        print(json.dumps(plan))
        return Exit.OK
    console = Console()
    console.print("would be sent" if plan["wouldSend"] else "would not be sent")
    console.print(_rows(("path", "from", "to"), plan["changes"]))
    if plan["warnings"]:
        console.print(_rows(("path", "message"), plan["warnings"]))
    _print_request(console, plan["request"])
    return Exit.OK


def _check(spec: bytes) -> None:
    """Raise CommandError for what is no JSON object in UTF-8, with a byte order mark or without."""
    with one_line_errors():
        body = json.loads(spec.decode("utf-8-sig"))
    if not isinstance(body, dict):
        raise CommandError("expected a spec that is a JSON object")


def _rows(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    table = Table(*(Column(name, overflow="fold") for name in columns))
    for row in rows:
        table.add_row(*(Text(_plain(row[column])) for column in columns))
    return table


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print_request(console: Console, request: dict[str, Any]) -> None:
    console.print(Text(f"{request['method']} {request['path']}"), soft_wrap=True)
    for name, value in request.get("headers", {}).items():
        console.print(Text(f"{name}: {value}"), soft_wrap=True)
    console.print_json(data=request["body"])
