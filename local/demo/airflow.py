"""The last act with a real Airflow: its own verdict on every file that the demo uploaded."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from local.airflow.install import AIRFLOW_3
from local.airflow.real import Installation
from local.demo.screen import Expectation, Screen
from local.errors import LocalError
from shared.airflow.address import managed_address
from shared.airflow.client import AirflowClient, BasicLogin
from shared.airflow.looking import imported_file, look, path_for_airflow
from shared.airflow.stack_trace import ImportProblem
from shared.airflow.verdict import FileVerdict

MISTAKE = "dags/broken.py"
BROKEN_DAG = b"""from airflow.sdk import DAG

with DAG("broken")
    pass
"""
# Their DAGs need what a bare installation has not: the Kubernetes provider, and plugins of their own.
_NEED_MORE = frozenset(
    {
        "example_kubernetes_executor.py",
        "example_local_kubernetes_executor.py",
        "example_custom_weight.py",
        "example_workday_timetable.py",
    }
)
_EXPECTED = "SyntaxError in line 3"
_PATIENCE_S = 180.0
_POLL_S = 1.0
_LOOK_S = 30.0


def example_dags() -> dict[str, bytes]:
    """Return the example DAGs of the Airflow that is installed, and one file with a mistake in it."""
    [folder] = AIRFLOW_3.folder.glob("lib/python3.*/site-packages/airflow/example_dags")
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.py"))
        if path.name not in _NEED_MORE
    }
    if not found:
        raise LocalError(f"there are no example DAGs in {folder.name} of Airflow {AIRFLOW_3.version}")
    return {f"dags/{path}": content for path, content in found.items()} | {MISTAKE: BROKEN_DAG}


def verdicts_act(screen: Screen, airflow: Installation, files: Mapping[str, bytes], began: float) -> list[Expectation]:
    """Wait until Airflow has a verdict on every file, show them, and say what was expected of them.

    `files` are the last versions by their path below the folder; `began` is from before the first import, by the
    monotonic clock.
    """
    screen.act(f"Is it in Airflow? Airflow {airflow.release.version}'s own verdicts")
    contents = {path: content for name, content in files.items() if (path := path_for_airflow(name))}
    client = AirflowClient(managed_address(airflow.url), BasicLogin(airflow.user, airflow.password))
    verdicts = _until_settled(screen, client, contents, began)
    states = Counter(verdict.state for verdict in verdicts.values())
    dags = sum(len(verdict.dags) for verdict in verdicts.values())
    screen.table("Airflow's verdicts", [("", "files"), *((state, str(n)) for state, n in sorted(states.items()))])
    for path, verdict in sorted(verdicts.items()):
        if problem := verdict.problem:
            line = f", line {problem.line}" if problem.line else ""
            screen.event(f"[red]{path}[/red]{line}: {problem.type}: {problem.message}")
        elif verdict.state == "NotSeen":
            screen.event(f"[red]{path}[/red]: {verdict.reason}")
    screen.event(f"{dags} DAGs are in Airflow")
    mistake = verdicts[MISTAKE.removeprefix("dags/")].problem
    return [
        Expectation("files that Airflow has not seen", "0", str(states["NotSeen"])),
        Expectation("Airflow's word on the mistake", _EXPECTED, _in_a_line(mistake)),
    ]


def _in_a_line(problem: ImportProblem | None) -> str:
    return f"{problem.type} in line {problem.line}" if problem else "none"


def _until_settled(
    screen: Screen, client: AirflowClient, contents: Mapping[str, bytes], began: float
) -> dict[str, FileVerdict]:
    settled: dict[str, FileVerdict] = {}
    ends = time.monotonic() + _PATIENCE_S
    while len(settled) < len(contents):
        waiting = [imported_file(path, content) for path, content in contents.items() if path not in settled]
        last = time.monotonic() > ends
        ago = timedelta(seconds=time.monotonic() - began)
        found = look(client, waiting, ago=ago, deadline_s=_LOOK_S, known=contents.keys(), last_look=last)
        new = {path: verdict for path, verdict in found.items() if verdict.settled}
        settled |= new
        if new:
            screen.event(f"{len(settled)} of {len(contents)} files have a verdict")
        time.sleep(_POLL_S)
    return settled
