"""`python -m local`: the local stack, its parts, the demo, the package."""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from local.app_settings import ROOT, sample
from local.azurite import PORTS
from local.errors import LocalError
from local.events.faults import Faults
from local.events.options import SCHEMAS, Events
from local.functions_host import HOSTS
from local.ports import HIGHEST
from local.shapes import SHAPES
from local.stack import Plan, running

if TYPE_CHECKING:
    from collections.abc import Callable

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name


def main() -> int:
    """Run the command that the arguments name and return its exit code."""
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
    parser = argparse.ArgumentParser(prog="python -m local", description="DAG Relay without Azure.")
    commands = parser.add_subparsers(required=True)
    _add_stack(commands)
    _add_parts(commands)

    demo = commands.add_parser("demo", help="the main job on real parts, without Azure")
    _add_host(demo)
    _add_airflow_option(demo)
    demo.add_argument("--fabric", action="store_true", help="into a Fabric job instead of Data Factory")
    demo.set_defaults(command=_demo)

    package = commands.add_parser("package", help="the archive that is deployed")
    package.add_argument("--app-dir", type=Path, default=ROOT)
    package.add_argument("--output", type=Path, default=Path("dist/dag-relay.zip"))
    package.set_defaults(command=_package)

    return parser


def _add_stack(commands: Commands) -> None:
    start = commands.add_parser("start", help="start Azurite, the ARM emulator and the app")
    start.add_argument("--app-port", type=_port, default=Plan.app_port, help="0 picks a free one")
    start.add_argument("--arm-port", type=_port, default=Plan.arm_port, help="0 picks a free one")
    start.add_argument(
        "--storage-port",
        type=partial(_port, in_a_row=PORTS),
        default=Plan.storage_port,
        help="and the two above it; 0: free ones",
    )
    _add_host(start)
    start.add_argument("--enable-auth", action="store_true", help="ask for function keys, as Azure does")
    start.add_argument(
        "--shape",
        choices=SHAPES,
        default=Plan.shape,
        help="deployed: as infra/ makes it, with TLS, identity, scale groups",
    )
    start.add_argument(
        "--events", choices=["polling", "eventgrid"], help="what tells of changed blobs; default: polling, if local"
    )
    start.add_argument("--routes", type=Path, metavar="FILE", help="a JSON list of routes, put into RELAY_ROUTES_BLOB")
    _add_airflow_option(start)
    _add_event_options(start, prefix="--event-")
    start.set_defaults(command=_start)


def _add_host(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", choices=HOSTS, default=Plan.host, help="func: Microsoft's own, from the PATH")


def _add_parts(commands: Commands) -> None:
    arm = commands.add_parser("arm", help="the ARM emulator alone")
    arm.add_argument("--port", type=_port, default=Plan.arm_port, help="0 picks a free one")
    arm.add_argument("--storage-connection-string", default=sample()["AzureWebJobsStorage"])
    arm.add_argument("--airflow-url", help="a real Airflow that is the seeded environment's; needs --airflow-home")
    arm.add_argument("--airflow-home", type=Path, help="the folder above that Airflow's dags and plugins")
    arm.set_defaults(command=_arm)

    host = commands.add_parser("host", help="the stand-in Functions host alone; settings come from the environment")
    host.add_argument("--port", type=_port, default=Plan.app_port, help="0 picks a free one")
    host.add_argument("--app-dir", type=Path, default=ROOT)
    host.add_argument("--enable-auth", action="store_true")
    host.set_defaults(command=_host)

    events = commands.add_parser("events", help="a small Event Grid alone; connections come from the environment")
    events.add_argument("--app", required=True, action="append", help="address of a host that runs the app")
    _add_event_options(events, prefix="--")
    events.set_defaults(command=_events)


def _add_event_options(parser: argparse.ArgumentParser, *, prefix: str) -> None:
    parser.add_argument(f"{prefix}schema", dest="event_schema", choices=SCHEMAS, default=SCHEMAS[0])
    parser.add_argument(
        f"{prefix}faults",
        dest="event_faults",
        type=_faults,
        default=Faults(),
        metavar="duplicate=0.2,reorder=0.2,lose=0.1",
        help="how likely it is that an event comes twice, late, or never",
    )
    parser.add_argument(f"{prefix}seed", dest="event_seed", type=int, default=1, help="repeats the faults")
    parser.add_argument(
        f"{prefix}misname", dest="event_misname", metavar="FUNCTION", help="its subscription names another function"
    )


def _add_airflow_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--airflow", choices=["emulated", "real"], default="emulated", help="real: Apache Airflow 3.x, installed once"
    )


def _event_options(arguments: argparse.Namespace) -> Events:
    return Events(arguments.event_schema, arguments.event_faults, arguments.event_seed, arguments.event_misname)


def _port(text: str, in_a_row: int = 1) -> int:
    """Read the first of so many ports in a row."""
    highest = HIGHEST + 1 - in_a_row
    if not text.isdecimal() or int(text) > highest:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {highest}, got {text!r}")
    return int(text)


def _faults(text: str) -> Faults:
    try:
        return Faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _start(arguments: argparse.Namespace) -> int:
    event_grid = (arguments.events or ("polling" if arguments.shape == "local" else "eventgrid")) == "eventgrid"
    if arguments.shape == "deployed" and not event_grid:
        raise LocalError("--shape deployed needs --events eventgrid: the Flex Consumption plan does not poll")
    if (arguments.event_faults != Faults() or arguments.event_misname) and not event_grid:
        raise LocalError("--event-faults and --event-misname need --events eventgrid")
    plan = Plan(
        arguments.app_port,
        arguments.arm_port,
        arguments.storage_port,
        arguments.host,
        enable_auth=arguments.enable_auth,
        events=_event_options(arguments) if event_grid else None,
        airflow=arguments.airflow,
        shape=arguments.shape,
        routes=arguments.routes,
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
    from local.airflow.real_folder import RealAirflow
    from local.arm.server import serve

    if (arguments.airflow_url is None) != (arguments.airflow_home is None):
        raise LocalError("--airflow-url and --airflow-home belong together")
    airflow = RealAirflow(arguments.airflow_url, arguments.airflow_home) if arguments.airflow_url else None
    serve(port=arguments.port, storage=arguments.storage_connection_string, seed=sample(), airflow=airflow)
    return 0


def _host(arguments: argparse.Namespace) -> int:
    from local.host.server import serve

    serve(port=arguments.port, app_dir=arguments.app_dir, enable_auth=arguments.enable_auth)
    return 0


def _events(arguments: argparse.Namespace) -> int:
    from local.events.server import serve

    serve(arguments.app, _event_options(arguments))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from local.demo import demo, fabric_demo

    if arguments.fabric and arguments.airflow == "real":
        raise LocalError("--fabric has no real Airflow behind it: leave --airflow out")
    return fabric_demo(arguments.host) if arguments.fabric else demo(arguments.host, arguments.airflow)


def _package(arguments: argparse.Namespace) -> int:
    from local.package.command import package

    return package(arguments.app_dir, arguments.output)


if __name__ == "__main__":
    sys.exit(main())
