"""`dag-relay`: the commands, their flags, and how they end."""

import argparse
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn, TypeAlias

from cli.deployment import Deployment
from cli.errors import CommandError, Exit

if TYPE_CHECKING:
    from cli.files import Wait
    from cli.wait import Target

_URL = "DAG_RELAY_URL"
_KEY = "DAG_RELAY_KEY"
_CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"
_LOCAL_STACK = "http://127.0.0.1:7071"
_FOREVER_S = float("inf")
# What every clock of Python can wait for.
_LONGEST_S = 1e9

Run = Callable[[argparse.Namespace], Exit]
Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001 - it has no public name


def main() -> int:
    """Run the command that the arguments name and return its exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A name that the terminal cannot show is shown escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            return _end()
        finally:
            # What is not flushed here fails when Python ends, where nothing can catch it.
            print(end="", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.READER_GONE


def _end() -> Exit:
    arguments = _parser().parse_args()
    run: Run = arguments.run
    try:
        return run(arguments)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except CommandError as error:
        print(_line(f"dag-relay: {error}"), file=sys.stderr)
        return Exit.NO_ANSWER
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if "url" not in arguments:
            raise
        # All else that comes from outside is checked where it is read: here an answer had other members.
        what = f"the answer of {arguments.url} is not one of DAG Relay: {type(error).__name__}: {error}"
        print(_line(f"dag-relay: {what}"), file=sys.stderr)
        return Exit.NO_ANSWER


def _line(text: str) -> str:
    return " ".join(text.splitlines())


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments, as other errors are said."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.NO_ANSWER, _line(f"{self.prog}: {message}; see {self.prog} --help") + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dag-relay",
        description="Look at a DAG Relay deployment, and ask it for syncs.",
        epilog="Exit codes: 0 all is well, 1 it is not, 2 the app cannot be asked, 3 timed out.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_status(commands)
    _add_sync(commands)
    _add_files(commands)
    _add_check_events(commands)
    _add_to_fabric(commands)
    return parser


def _add_status(commands: Commands) -> None:
    status = _command(commands, "status", "status of all routes; exit code 0 if all are ready, 1 if not", _status)
    status.add_argument("route", nargs="?", help="only this one")

    watch = _command(commands, "watch", "status of all routes, updated until interrupted", _watch)
    watch.add_argument("route", nargs="?", help="only this one")
    watch.add_argument("--until-ready", action="store_true", help="end with 0 once all are ready and idle")
    watch.add_argument("--timeout", type=_seconds, default=_FOREVER_S, metavar="SECONDS", help="then end with 3")
    watch.add_argument("--every", type=_seconds, default=2.0, metavar="SECONDS", help="default: %(default)s")


def _add_sync(commands: Commands) -> None:
    sync = _command(commands, "sync", "sync a route now; exit code 0 if it succeeds, 1 if not", _sync)
    sync.add_argument("route", nargs="?", default="default")
    sync.add_argument("--force", action="store_true", help="even if the folder is unchanged, empty or held")
    sync.add_argument(
        "--verify-content", action="store_true", help="of a Fabric job: read its files back, send again what differs"
    )
    sync.add_argument(
        "--wait", type=_seconds, default=120.0, metavar="SECONDS", help="for its result, then end with 3; default: 120"
    )

    plan = _command(commands, "plan", "what a sync, or a spec with --spec, would do; changes nothing", _plan)
    plan.add_argument("name", nargs="?", default="default", help="the route, or the environment with --spec")
    plan.add_argument("--spec", type=argparse.FileType("rb"), metavar="FILE", help="an environment spec; - for stdin")


def _add_files(commands: Commands) -> None:
    wait = _command(commands, "wait", "wait until files are in; exit code 0 if they are, 1 if not", _wait)
    wait.add_argument("paths", nargs="+", metavar="PATH", help="below the route's folder, such as dags/sales.py")
    wait.add_argument(
        "--local", type=Path, metavar="DIR", help="wait for the versions in this directory; reads storage to compare"
    )
    _add_wait_options(wait)

    deploy = _command(
        commands, "deploy", "upload what differs and wait until it is in; exit codes as for wait", _deploy
    )
    deploy.add_argument("directory", type=Path, metavar="DIR", help="holds dags/, plugins/, requirements.txt")
    deploy.add_argument("--delete", action="store_true", help="delete from storage what DIR does not have")
    deploy.add_argument("--dry-run", action="store_true", help="show what would be uploaded and deleted")
    _add_wait_options(deploy)


def _add_check_events(commands: Commands) -> None:
    what = "write a file that no import takes and wait for its events; exit code 0 if they arrive, 1 if not"
    command = _command(commands, "check-events", what, _check_events)
    command.add_argument("--route", default="default", help="default: %(default)s")
    command.add_argument(
        "--timeout", type=_seconds, default=120.0, metavar="SECONDS", help="for each event; default: %(default)s"
    )
    command.add_argument("--every", type=_seconds, default=1.0, metavar="SECONDS", help="default: %(default)s")
    _add_storage_options(command)


def _add_to_fabric(commands: Commands) -> None:
    what = "translate an environment of Data Factory into the files of a Fabric Airflow job; sends nothing"
    command = commands.add_parser("to-fabric", help=what, description=f"{what[0].upper()}{what[1:]}.")
    command.add_argument(
        "spec",
        type=argparse.FileType("rb"),
        metavar="SPEC",
        help="a spec, an exported template, or GET's answer; - for stdin",
    )
    command.add_argument("out", type=Path, metavar="OUT", help="a new or empty directory")
    command.add_argument("--name", help="of the job, or which environment of a template")
    command.add_argument("--with-values", action="store_true", help="write values of variables, which may be secrets")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_to_fabric)


def _add_wait_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--route", default="default", help="default: %(default)s")
    command.add_argument(
        "--until", choices=("synced", "parsed"), default="synced", help="parsed: by Airflow; default: %(default)s"
    )
    command.add_argument(
        "--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="then end with 3; default: 600"
    )
    command.add_argument("--every", type=_seconds, default=2.0, metavar="SECONDS", help="default: %(default)s")
    _add_storage_options(command)


def _add_storage_options(command: argparse.ArgumentParser) -> None:
    storage = command.add_mutually_exclusive_group()
    storage.add_argument(
        "--account-url", metavar="URL", help="https://<account>.blob.core.windows.net, with your identity"
    )
    storage.add_argument("--connection-string", help=f"better in {_CONNECTION_STRING}")


def _seconds(text: str) -> float:
    """Return a number of seconds that can be waited for; NaN is none."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"expected seconds, from 0 to {_LONGEST_S:.0f}, not {text!r}")
    return seconds


def _command(commands: Commands, name: str, what: str, run: Run) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    command.add_argument(
        "--url", default=os.environ.get(_URL, _LOCAL_STACK), help=f"default: {_URL}, else {_LOCAL_STACK}"
    )
    command.add_argument("--key", default=os.environ.get(_KEY), help=f"a function key; better in {_KEY}")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)
    return command


def _app(arguments: argparse.Namespace) -> Deployment:
    return Deployment(arguments.url, arguments.key)


def _status(arguments: argparse.Namespace) -> Exit:
    from cli.status import status

    return status(_app(arguments), arguments.route, as_json=arguments.json)


def _watch(arguments: argparse.Namespace) -> Exit:
    from cli.status import Pace, watch

    return watch(
        _app(arguments),
        arguments.route,
        Pace(every_s=arguments.every, timeout_s=arguments.timeout),
        until_ready=arguments.until_ready,
        as_json=arguments.json,
    )


def _sync(arguments: argparse.Namespace) -> Exit:
    from cli.sync import Wish, sync

    wish = Wish(force=arguments.force, verify_content=arguments.verify_content)
    return sync(_app(arguments), arguments.route, wish, wait_s=arguments.wait, as_json=arguments.json)


def _plan(arguments: argparse.Namespace) -> Exit:
    from cli.plan import plan_spec, plan_sync

    if arguments.spec:
        return plan_spec(_app(arguments), arguments.name, _content(arguments.spec), as_json=arguments.json)
    return plan_sync(_app(arguments), arguments.name, as_json=arguments.json)


def _wait(arguments: argparse.Namespace) -> Exit:
    from cli.screen import Output
    from cli.wait import wait

    output = Output(arguments.json, arguments.local)
    return wait(_target(arguments), arguments.paths, arguments.local, _wait_options(arguments), output)


def _deploy(arguments: argparse.Namespace) -> Exit:
    from cli.deploy import Steps, deploy
    from cli.screen import Output

    steps = Steps(delete=arguments.delete, dry_run=arguments.dry_run)
    output = Output(arguments.json, arguments.directory)
    return deploy(_target(arguments), arguments.directory, steps, _wait_options(arguments), output)


def _check_events(arguments: argparse.Namespace) -> Exit:
    from cli.check_events import check_events
    from cli.status import Pace

    pace = Pace(every_s=arguments.every, timeout_s=arguments.timeout)
    return check_events(_target(arguments), pace, as_json=arguments.json)


def _to_fabric(arguments: argparse.Namespace) -> Exit:
    from cli.to_fabric import to_fabric

    spec = _content(arguments.spec)
    return to_fabric(spec, arguments.out, arguments.name, with_values=arguments.with_values, as_json=arguments.json)


def _content(file: BinaryIO) -> bytes:
    with file:
        return file.read()


def _target(arguments: argparse.Namespace) -> "Target":
    from cli.folder import Storage
    from cli.wait import Target

    connection_string = arguments.connection_string
    if not arguments.account_url:
        connection_string = connection_string or os.environ.get(_CONNECTION_STRING)
    return Target(_app(arguments), arguments.route, Storage(connection_string, arguments.account_url))


def _wait_options(arguments: argparse.Namespace) -> "Wait":
    from cli.files import Wait

    return Wait(arguments.until, arguments.every, arguments.timeout)
