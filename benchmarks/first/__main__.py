"""`python -m benchmarks.first`: the index, the first reconcile and the first PUT, against importing what they stand on.

Each run is a fresh process in the folder that `make package` would deploy, in a virtual environment of
`requirements.txt` alone, on Azurite and the ARM emulator. The yardstick is importing azure-functions, azure-identity,
azure-storage-blob, requests and pydantic there. *First* is a sync with its checks, or a PUT of an environment, at once
after the index. Where a process is left alone until its warm-up is over, the later one has the same rest before it: a
resting process loses its place in memory and caches, which each of them pays for. One more is done at once, without a
rest. A second table has what the imports cost.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from azure.storage.blob import BlobServiceClient
from rich.console import Console
from rich.table import Table

from benchmarks.arm.callers import SPEC
from benchmarks.first.deployed import Deployed, deployed
from benchmarks.first.parts import LIBRARIES, by_library
from benchmarks.logs import log_of
from benchmarks.storage import running_azurite
from local.app_settings import ROOT, environment, sample
from local.processes import Child

PROBE = Path(__file__).with_name("probe.py")
CONTAINER = "airflow-files"
# One for each thing that a process does: two syncs of one environment would wait for each other.
ENVIRONMENTS = ("first", "later", "at-once")
# A folder counts as quiet after the quiet window and the second that a listing's clock may be behind.
_QUIET_S = 7.0
# For how long a process is left alone, which is enough for its warm-up.
_REST_S = 3.0
_DAG = b"""
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("measured", start_date=datetime(2024, 1, 1), schedule="@daily") as dag:
    BashOperator(task_id="hello", bash_command="echo hello")
"""


@dataclass(frozen=True, slots=True)
class Case:
    """What a process does: the probe's case, after which rest, with the package's byte code or without."""

    name: str
    rest_s: float = 0.0
    byte_code: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step takes: seconds, and those that this process computed."""

    wall_s: float
    cpu_s: float


Run = list[Cost]
YARDSTICK = "importing the five packages"
CASES = {
    YARDSTICK: Case("packages"),
    "index": Case("index"),
    "index, without byte code": Case("index", byte_code=False),
    "index + first reconcile": Case("reconcile"),
    "index + first PUT": Case("put"),
    "reconcile": Case("reconcile", rest_s=_REST_S),
    "PUT": Case("put", rest_s=_REST_S),
}
LIMITS = {"index": 0.5, "index + first reconcile": 1.0, "index + first PUT": 1.0}
LATER_LIMIT = 4.0
# Of how many processes the shortest times count in the table of the imports, and what they do.
_ACCOUNTS = 10
_WITH_IMPORTS = (YARDSTICK, "index", "index + first reconcile", "index + first PUT")


def main() -> None:
    """Measure in turns, print medians and ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="processes of each kind (default: %(default)s)")
    rounds = parser.parse_args().rounds
    runs: dict[str, list[Run]] = {title: [] for title in CASES}
    spare = _ACCOUNTS * len(_WITH_IMPORTS)
    with deployed() as app, _cloud() as cloud:
        names = [[f"route-{n}-{which}" for which in ENVIRONMENTS] for n in range((1 + rounds) * len(CASES) + spare)]
        _upload(cloud.storage, [name for pair in names for name in pair])
        own = iter(names)
        for _ in range(1 + rounds):
            for title, case in CASES.items():
                runs[title].append(_run(app, case, cloud.environ(next(own))))
        accounts: dict[str, list[str]] = {title: [] for title in _WITH_IMPORTS}
        for _ in range(_ACCOUNTS):
            for title in _WITH_IMPORTS:
                accounts[title].append(_account(app, CASES[title], cloud.environ(next(own)[:1])))
    _show({title: times[1:] for title, times in runs.items()}, rounds)
    _show_imports({title: by_library(each) for title, each in accounts.items()})


@dataclass(frozen=True, slots=True)
class Cloud:
    """What the app works on: the ARM emulator's address, and storage."""

    arm: str
    storage: str

    def environ(self, names: list[str]) -> dict[str, str]:
        """Return the environment of a process with routes that no other has, each before its first sync."""
        values = sample()
        target = {"factory": values["RELAY_FACTORY"], "linked_service": values["RELAY_LINKED_SERVICE"]}
        routes = [
            {"name": name, "folder": f"{CONTAINER}/{name}", "environment": environment_name, **target}
            for name, environment_name in zip(names, ENVIRONMENTS, strict=False)
        ]
        caller = {**os.environ, "RELAY_SETTLE_SECONDS": "0", "RELAY_ROUTES": json.dumps(routes)}
        probe = {"PROBE_ROUTES": json.dumps(names), "PROBE_ENVIRONMENTS": json.dumps(ENVIRONMENTS[: len(names)])}
        probe |= {"PROBE_SPEC": json.dumps(SPEC)}
        return environment(caller, arm=self.arm, connection_string=self.storage) | probe


@contextmanager
def _cloud() -> Iterator[Cloud]:
    """Start storage and ARM."""
    with ExitStack() as stack:
        azurite = stack.enter_context(running_azurite())
        log = stack.enter_context(log_of("arm-emulator"))
        storage = ["--storage-connection-string", azurite.connection_string]
        command = [sys.executable, "-m", "local", "arm", "--port", "0", *storage]
        emulator = Child("ARM emulator", command, env=os.environ, cwd=ROOT, log=log)
        stack.callback(emulator.stop)
        arm = emulator.ready_line()["arm"]
        yield Cloud(arm, azurite.connection_string)


def _upload(connection: str, folders: list[str]) -> None:
    """Write a DAG file into each folder and wait until all of them are quiet."""
    container = BlobServiceClient.from_connection_string(connection).create_container(CONTAINER)
    for folder in folders:
        container.upload_blob(f"{folder}/dags/measured.py", _DAG)
    time.sleep(_QUIET_S)


def _run(app: Deployed, case: Case, environ: dict[str, str]) -> Run:
    """Measure each step of one fresh process."""
    return [Cost(*step) for step in json.loads(_probe(app, case, environ).stdout)]


def _account(app: Deployed, case: Case, environ: dict[str, str]) -> str:
    """Return what Python says of the imports of one fresh process."""
    return _probe(app, case, environ, "-X", "importtime").stderr


def _probe(app: Deployed, case: Case, environ: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    folder = app.folder if case.byte_code else app.without_byte_code
    command = [str(app.python), "-B", *options, str(PROBE), case.name, str(case.rest_s)]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)  # noqa: S603 - our own


def _show(runs: dict[str, list[Run]], rounds: int) -> None:
    heading = ("step", "takes", "against", "ratio", "limit", "CPU ms", "ratio of CPU")
    table = Table(*heading, title=f"medians of {rounds} fresh processes, in turns")
    yardstick = _median(runs[YARDSTICK], 0, 1)
    for title, times in runs.items():
        if CASES[title].rest_s:
            first, later, at_once = (_median(times, step, step + 1) for step in (1, 2, 3))
            name = f"first {title}, after {_REST_S:g} s"
            _row(table, (name, f"a later one, after {_REST_S:g} s: {_ms(later)}"), first, later, LATER_LIMIT)
            _row(table, (name, f"one that follows at once: {_ms(at_once)}"), first, at_once, None)
        else:
            _row(table, (title, "the packages"), _median(times, 0, 2), yardstick, LIMITS.get(title))
    Console(width=140).print(table)


def _show_imports(imports: dict[str, dict[str, float]]) -> None:
    """Print what each library's imports cost; each thing done is in a process of its own."""
    table = Table("imports of", *imports, title=f"ms of imports, shortest of {_ACCOUNTS} processes for each module")
    for library in LIBRARIES:
        table.add_row(library, *(f"{times.get(library, 0):.0f}" for times in imports.values()))
    table.add_row("all", *(f"{sum(times.values()):.0f}" for times in imports.values()))
    Console(width=140).print(table)


def _median(runs: list[Run], first: int, end: int) -> Cost:
    """Return the medians of what some steps cost together."""
    wall = statistics.median(sum(step.wall_s for step in run[first:end]) for run in runs)
    return Cost(wall, statistics.median(sum(step.cpu_s for step in run[first:end]) for run in runs))


def _ms(cost: Cost) -> str:
    return f"{cost.wall_s * 1000:.0f} ms"


def _row(table: Table, names: tuple[str, str], cost: Cost, yardstick: Cost, limit: float | None) -> None:
    ratios = (f"{cost.wall_s / yardstick.wall_s:.2f}", "" if limit is None else f"{limit:.2f}")
    cpu = (f"{cost.cpu_s * 1000:.0f}", f"{cost.cpu_s / yardstick.cpu_s:.2f}")
    table.add_row(names[0], _ms(cost), names[1], *ratios, *cpu)


if __name__ == "__main__":
    main()
