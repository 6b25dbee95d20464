"""The commands' flags."""

import argparse
import os
from collections.abc import Callable
from typing import TypeAlias

from local.operate.deployment import Deployment

URL = "DAG_RELAY_URL"
KEY = "DAG_RELAY_KEY"
_LOCAL_STACK = "http://127.0.0.1:7071"
_FOREVER_S = float("inf")

Run = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name


def add_commands(commands: Commands) -> None:
    """Add `status`, `watch`, `sync` and `plan`."""
    status = _command(commands, "status", "how the routes are; exit code 0 if all are ready, 1 if not", _status)
    status.add_argument("route", nargs="?", help="all routes without it")

    watch = _command(commands, "watch", "how the routes are, live", _watch)
    watch.add_argument("route", nargs="?", help="all routes without it")
    watch.add_argument("--until-ready", action="store_true", help="end with 0 once all are ready and at rest")
    watch.add_argument("--timeout", type=float, default=_FOREVER_S, metavar="SECONDS", help="then end with 1")
    watch.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="default: %(default)s")

    sync = _command(commands, "sync", "sync a route now; exit code 0 if that went well, 1 if not", _sync)
    sync.add_argument("route", nargs="?", default="default")
    sync.add_argument("--force", action="store_true", help="also an unchanged, an emptied and a held folder")
    sync.add_argument("--wait", type=float, default=120.0, metavar="SECONDS", help="for its end; default: %(default)s")

    plan = _command(commands, "plan", "what a sync, or a spec with --spec, would do; nothing is done", _plan)
    plan.add_argument("name", nargs="?", default="default", help="the route, or the environment with --spec")
    plan.add_argument("--spec", type=argparse.FileType("rb"), metavar="FILE", help="an environment spec; - for stdin")


def _command(commands: Commands, name: str, what: str, run: Run) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    command.add_argument(
        "--url", default=os.environ.get(URL, _LOCAL_STACK), help=f"default: {URL}, else {_LOCAL_STACK}"
    )
    command.add_argument("--key", default=os.environ.get(KEY), help=f"a function key; better in {KEY}")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(command=run)
    return command


def _app(arguments: argparse.Namespace) -> Deployment:
    return Deployment(arguments.url, arguments.key)


def _status(arguments: argparse.Namespace) -> int:
    from local.operate.status import status

    return status(_app(arguments), arguments.route, as_json=arguments.json)


def _watch(arguments: argparse.Namespace) -> int:
    from local.operate.status import Pace, watch

    return watch(
        _app(arguments),
        arguments.route,
        Pace(every_s=arguments.every, timeout_s=arguments.timeout),
        until_ready=arguments.until_ready,
        as_json=arguments.json,
    )


def _sync(arguments: argparse.Namespace) -> int:
    from local.operate.sync import sync

    return sync(_app(arguments), arguments.route, force=arguments.force, wait_s=arguments.wait, as_json=arguments.json)


def _plan(arguments: argparse.Namespace) -> int:
    from local.operate.plan import plan_spec, plan_sync

    if arguments.spec:
        return plan_spec(_app(arguments), arguments.name, arguments.spec.read(), as_json=arguments.json)
    return plan_sync(_app(arguments), arguments.name, as_json=arguments.json)
