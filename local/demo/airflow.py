"""The last act with a real Airflow: its own verdict on every file that the demo uploaded."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from local.demo.screen import Expectation, Screen
from local.errors import LocalError
from local.releases import AIRFLOW_3
from shared.airflow.looking import path_for_airflow

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
_EXPECTED = "line 3: SyntaxError: expected ':'"
_PATIENCE_S = 180.0
_POLL_S = 1.0

Ask = Callable[[str], dict[str, Any]]


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


def verdicts_act(screen: Screen, ask: Ask, names: Iterable[str]) -> list[Expectation]:
    """Wait until the relay knows what Airflow made of every file, show it, and say what was expected of it.

    `ask` answers for a path below `/api/routes/default`; `names` are files by their path below the folder.
    """
    screen.act(f"Is it in Airflow? Airflow {AIRFLOW_3.version}'s own verdicts, as the relay tells them")
    parsed = until_asked(screen, ask)
    screen.event(f"condition Parsed: {parsed['status']}, {parsed['reason']}")
    found = {name: ask(f"/files/{name}")["airflow"] for name in names if path_for_airflow(name)}
    states = Counter(file["state"] for file in found.values())
    screen.table("Airflow's verdicts", [("", "files"), *((state, str(n)) for state, n in sorted(states.items()))])
    for name, file in sorted(found.items()):
        if file["state"] not in {"Parsed", "NoDag"}:
            screen.event(f"[red]{name}[/red]: {_in_a_line(file['error']) or file['reason']}")
    screen.event(f"{sum(len(file['dags']) for file in found.values())} DAGs are in Airflow")
    return [
        Expectation("files that Airflow has not seen", "0", str(states["NotSeen"] + states["Pending"])),
        Expectation("Airflow's word on the mistake", _EXPECTED, _in_a_line(found[MISTAKE]["error"])),
    ]


def until_asked(screen: Screen, ask: Ask) -> dict[str, Any]:
    """Wait until Airflow has been asked to the end, and return the condition `Parsed`; show each step."""
    with screen.waiting("Airflow parses the files"):
        return _asked(screen, ask)


def _asked(screen: Screen, ask: Ask) -> dict[str, Any]:
    ends = time.monotonic() + _PATIENCE_S
    shown = ""
    while True:
        route = ask("")
        parsed: dict[str, Any] | None = next((one for one in route["conditions"] if one["type"] == "Parsed"), None)
        if parsed and parsed["sentence"] != shown:
            shown = parsed["sentence"]
            screen.event(shown)
        if parsed and parsed["reason"] != "Asking" and route["asking"] is None:
            return parsed
        if time.monotonic() > ends:
            raise LocalError(f"Airflow had no verdict on all files within {_PATIENCE_S:.0f} s")
        time.sleep(_POLL_S)


def _in_a_line(error: dict[str, Any] | None) -> str:
    return f"line {error['line']}: {error['type']}: {error['message']}" if error else ""
