"""The interface that everything outside relies on: command line, ready line, signals, one-line refusals."""

import json
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from azure.storage.blob import BlobServiceClient

from local.app_settings import ROOT
from tests import hosts
from tests.e2e.conftest import started
from tests.waiting import until


def ready_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_stack_answers_where_its_ready_line_says_and_ends_with_all_it_started(number: signal.Signals) -> None:
    with started() as process:
        line = ready_line(process)
        assert line.keys() == {"ready", "app", "arm", "fabric", "blob", "queue", "connection_string"}
        assert line["ready"] is True
        assert requests.get(f"{line['app']}/admin/host/status", timeout=60).ok
        assert requests.get(f"{line['arm']}/_emulator/journal", timeout=60).json() == []
        BlobServiceClient.from_connection_string(line["connection_string"]).get_account_information()
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 3
        process.send_signal(number)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest == ""
    assert psutil.wait_procs(children, timeout=60)[1] == []


@pytest.mark.parametrize(("number", "parts"), [(signal.SIGTERM, 1), (signal.SIGINT, 2), (signal.SIGTERM, 3)])
def test_a_signal_before_the_ready_line_leaves_no_process_behind(number: signal.Signals, parts: int) -> None:
    """Each part is started right before or after the signal; what it is by then shows in its environment only."""
    name = f"signal-{number}-{parts}"
    with started(RELAY_APP_NAME=name) as process:
        children = psutil.Process(process.pid).children
        until(lambda: len(children()) >= parts, "the start of so many parts")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, "Traceback" in err) == (0, "", False)
    assert [each for each in psutil.process_iter() if environment_of(each).get("RELAY_APP_NAME") == name] == []


def environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here; it is part of util-linux")
def test_the_parts_end_even_where_the_stack_is_killed() -> None:
    with started() as process:
        ready_line(process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert psutil.wait_procs(children, timeout=60)[1] == []


def test_event_driven_the_stack_says_the_same_and_ends_as_well() -> None:
    with started("--events", "eventgrid", "--event-schema", "cloudevents", "--enable-auth") as process:
        assert ready_line(process).keys() == {"ready", "app", "arm", "fabric", "blob", "queue", "connection_string"}
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 4
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert psutil.wait_procs(children, timeout=60)[1] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--event-faults", "lose=0.5"], "dag-relay: --event-faults and --event-misname need --events eventgrid"),
        (
            ["--events", "eventgrid", "--event-faults", "lose=2"],
            "expected duplicate, reorder, lose, each with a number",
        ),
    ],
)
def test_event_options_that_make_no_sense_are_refused(options: list[str], message: str) -> None:
    with started(*options) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert out == ""
    assert message in err


def test_an_app_that_is_told_to_poll_is_not_run_with_events() -> None:
    with started("--events", "eventgrid", RELAY_BLOB_SOURCE="polling") as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "RELAY_BLOB_SOURCE has to be eventgrid" in err


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started("--arm-port", str(port)) as process:
            out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err == (
        f"dag-relay: port {port}, wanted for the ARM emulator, is in use; choose another one, or 0 for a free one\n"
    )


def test_wrong_settings_stop_the_stack_with_every_problem_named() -> None:
    with started(RELAY_FOLDER="files/airflow/dags", RELAY_QUIET="3", RELAY_LONGEST_WAIT_SECONDS="x") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert "RELAY_FOLDER: expected the folder that contains dags/, not dags itself" in err
    assert "RELAY_QUIET: there is no such setting" in err
    assert "RELAY_LONGEST_WAIT_SECONDS: expected a number" in err
    assert "Traceback" not in err


def test_without_core_tools_asking_for_its_host_is_one_clear_line(tmp_path: Path) -> None:
    with started("--host", "func", PATH=str(tmp_path)) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "there is no `func` on the PATH" in err


def test_with_microsofts_host_the_stack_waits_until_functions_and_keys_are_there() -> None:
    hosts.skip_without("func")
    with started("--host", "func") as process:
        line = ready_line(process)
        assert requests.get(f"{line['app']}/api/health", timeout=60).json() == {"status": "alive"}
        for extension in ("blobs", "eventgrid"):
            assert requests.get(f"{line['app']}/admin/host/systemkeys/{extension}_extension", timeout=60).ok


def test_the_parts_explain_themselves() -> None:
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    assert {"setup", "start", "demo", "test", "check"} <= {line.split()[0] for line in helped.stdout.splitlines()}
