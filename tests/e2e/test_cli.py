"""The command `dag-relay` as it is installed, against a stack that requires keys."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.ports import free_ports
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
