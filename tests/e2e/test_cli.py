"""The command `dag-relay` as it is installed, against a stack that requires keys."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.app_settings import ROOT
from local.ports import free_ports
from shared.api.endpoints import ENDPOINTS
from tests import hosts
from tests.e2e.conftest import Running, running_stack


@dataclass(frozen=True)
class Terminal:
    """The command line of one deployment."""

    url: str
    key: str

    def run(self, *command: str, stdin: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [Path(sys.executable).with_name("dag-relay"), *command],
            env=os.environ | {"DAG_RELAY_URL": self.url, "DAG_RELAY_KEY": self.key, "COLUMNS": "200"} | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def json(self, *command: str, stdin: str = "", **environment: str) -> tuple[int, Any]:
        ran = self.run(*command, "--json", stdin=stdin, **environment)
        return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_stack("--enable-auth", RELAY_QUIET_SECONDS="1") as (running, _):
        running.container.create_container()
        yield running


@pytest.fixture
def terminal(running: Running) -> Terminal:
    return Terminal(running.addresses.app, running.function_key())


def test_an_upload_is_watched_until_it_is_in(running: Running, terminal: Terminal) -> None:
    status, routes = terminal.json("status")
    assert (status, routes[0]["synced"]) == (1, None)
    running.upload("dags/first.py")
    watched = terminal.run("watch", "--until-ready", "--timeout", "60", "--every", "0.2", "--json")
    assert watched.returncode == 0
    (last,) = json.loads(watched.stdout.splitlines()[-1])
    assert last["synced"]["files"] == 1
    assert terminal.run("status").returncode == 0


def test_a_plan_tells_what_a_sync_would_send_and_the_sync_sends_it(running: Running, terminal: Terminal) -> None:
    before = len(running.observer.look().sync_calls)
    assert "Skip Unchanged" in terminal.run("plan").stdout
    assert len(running.observer.look().sync_calls) == before
    status, record = terminal.json("sync", "--force", "--wait", "60")
    assert (status, record["outcome"], record["trigger"]) == (0, "accepted", "Forced")
    assert len(running.observer.look().sync_calls) == before + 1


def test_a_sync_need_not_be_waited_for(terminal: Terminal) -> None:
    asked = terminal.run("sync", "--wait", "0")
    assert asked.returncode == 0
    assert "/api/routes/default/syncs/" in asked.stdout


def test_a_sync_that_is_refused_ends_with_one_and_arms_words(running: Running, terminal: Terminal) -> None:
    running.wait_for(lambda seen: seen.settled, "calm, after the sync that was not waited for")
    refusal = {"error": {"code": "BadRequest", "message": "no such linked service"}}
    running.fault({"method": "POST", "path_contains": "airflow/sync"}, {"status": 400, "body": refusal})
    ran = terminal.run("sync", "--force", "--wait", "60")
    assert (ran.returncode, "no such linked service" in ran.stdout) == (1, True)
    assert terminal.run("status").returncode == 1
    assert terminal.run("sync", "--force", "--wait", "60").returncode == 0


def test_the_plan_of_a_spec_shows_what_would_change(running: Running, terminal: Terminal) -> None:
    compute = {"location": "East US", "computeSize": "Small", "extraNodes": 0}
    spec = {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": compute}}}
    status, plan = terminal.json("plan", "sample-2", "--spec", "-", stdin=json.dumps(spec))
    assert (status, plan["wouldSend"]) == (0, True)
    assert not [call for call in running.journal() if call["method"] == "PUT"]
    assert terminal.run("plan", "sample-2", "--spec", "-", stdin="{").returncode == 2


@pytest.mark.parametrize("command", [["status"], ["watch"], ["sync"], ["plan"]])
def test_a_wrong_key_is_one_line_and_two(running: Running, command: list[str]) -> None:
    ran = Terminal(running.addresses.app, "canary").run(*command)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.endswith("401 the key is missing or wrong\n")
    assert ran.stderr.count("\n") == 1
    assert "canary" not in ran.stderr


def test_an_app_that_is_not_there_is_one_line_and_two() -> None:
    url = f"http://127.0.0.1:{free_ports(1)}"
    ran = Terminal(url, "").run("status")
    assert (ran.returncode, ran.stderr) == (2, f"dag-relay: cannot reach {url}: ConnectionError\n")


def test_an_unknown_route_is_one_line_and_two(terminal: Terminal) -> None:
    ran = terminal.run("status", "nowhere")
    assert (ran.returncode, "the settings list no route of this name" in ran.stderr) == (2, True)


def asked(running: Running) -> dict[str, int]:
    """Return how often each function that answers HTTP was started."""
    if hosts.chosen != "standin":
        pytest.skip("only the stand-in host counts the runs of functions")
    counts = requests.get(f"{running.addresses.app}/_standin/invocations", timeout=10).json()
    return {endpoint.name: counts.get(endpoint.name, {}).get("started", 0) for endpoint in ENDPOINTS}


def said_to_ask(command: str) -> set[str]:
    """Return the functions in the row of a command."""
    document = (ROOT / "docs/command-line.md").read_text()
    (row,) = re.findall(rf"^\| `{command}` \| (`\w+_\w+`.*) \|$", document, re.MULTILINE)
    return set(re.findall(r"`(\w+_\w+)`", row))


@pytest.mark.parametrize(
    "uses",
    [
        [["status"], ["status", "default"]],
        [["watch", "--timeout", "0"], ["watch", "default", "--until-ready", "--timeout", "30", "--every", "0.2"]],
        [["sync", "--wait", "60"]],
        [["plan"], ["plan", "sample-2", "--spec", "-"]],
        [["wait", "dags/keys.py", "--timeout", "30"]],
        [["deploy", "DIR", "--timeout", "30"]],
        [["check-events"]],
    ],
    ids=lambda uses: uses[0][0],
)
def test_a_command_asks_the_functions_whose_keys_it_is_said_to_need(
    uses: list[list[str]], running: Running, terminal: Terminal, tmp_path: Path
) -> None:
    running.upload("dags/keys.py")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/keys.py").write_text("# another version\n")
    storage = {"AZURE_STORAGE_CONNECTION_STRING": running.addresses.connection_string}
    before = asked(running)
    for command in uses:
        terminal.run(*(str(tmp_path) if word == "DIR" else word for word in command), stdin="{}", **storage)
    assert {name for name, count in asked(running).items() if count > before[name]} == said_to_ask(uses[0][0])
