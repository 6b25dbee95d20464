"""`python -m local`: the stack, its parts, the demo, the package; and the commands for any deployment."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.app_settings import ROOT, sample
from local.errors import LocalError
from local.operate.commands import add_commands
from local.stack import Plan, running

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Run the command that was asked for and return its exit code."""
    arguments = _parser().parse_args()
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except KeyboardInterrupt:
        return 130
    except LocalError as error:
        print(f"dag-relay: {error}", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="DAG Relay without Azure")
    commands = parser.add_subparsers(required=True)

    start = commands.add_parser("start", help="start Azurite, the ARM emulator and the app")
    start.add_argument("--app-port", type=int, default=Plan.app_port, help="0 picks a free one")
    start.add_argument("--arm-port", type=int, default=Plan.arm_port, help="0 picks a free one")
    start.add_argument("--storage-port", type=int, default=Plan.storage_port, help="and the two above it; 0: free ones")
    start.add_argument("--host", choices=["standin", "func"], default="standin", help="func: Core Tools' real host")
    start.add_argument("--enable-auth", action="store_true", help="ask for function keys, as Azure does")
    start.set_defaults(command=_start)

    arm = commands.add_parser("arm", help="the ARM emulator alone")
    arm.add_argument("--port", type=int, default=Plan.arm_port, help="0 picks a free one")
    arm.add_argument("--storage-connection-string", default=sample()["AzureWebJobsStorage"])
    arm.set_defaults(command=_arm)

    host = commands.add_parser("host", help="the stand-in Functions host alone; settings come from the environment")
    host.add_argument("--port", type=int, default=Plan.app_port, help="0 picks a free one")
    host.add_argument("--app-dir", type=Path, default=ROOT)
    host.add_argument("--enable-auth", action="store_true")
    host.set_defaults(command=_host)

    demo = commands.add_parser("demo", help="the main job on real parts, without Azure")
    demo.set_defaults(command=_demo)

    package = commands.add_parser("package", help="the archive that is deployed")
    package.add_argument("--app-dir", type=Path, default=ROOT)
    package.add_argument("--output", type=Path, default=Path("dist/dag-relay.zip"))
    package.set_defaults(command=_package)

    add_commands(commands)
    return parser


def _start(arguments: argparse.Namespace) -> int:
    plan = Plan(
        arguments.app_port,
        arguments.arm_port,
        arguments.storage_port,
        arguments.host,
        enable_auth=arguments.enable_auth,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with running(plan) as stack:
        print(stack.addresses.ready_line(), flush=True)
        stack.wait()
    return 0


def _end(_number: int, _frame: object) -> None:
    """End the program through its context managers; further signals must not disturb that."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _arm(arguments: argparse.Namespace) -> int:
    from local.arm.server import serve

    serve(port=arguments.port, storage=arguments.storage_connection_string, seed=sample())
    return 0


def _host(arguments: argparse.Namespace) -> int:
    from local.host.server import serve

    serve(port=arguments.port, app_dir=arguments.app_dir, enable_auth=arguments.enable_auth)
    return 0


def _demo(_arguments: argparse.Namespace) -> int:
    from local.demo import demo

    return demo()


def _package(arguments: argparse.Namespace) -> int:
    from local.package.command import package

    return package(arguments.app_dir, arguments.output)


if __name__ == "__main__":
    sys.exit(main())
