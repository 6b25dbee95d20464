"""A wrong setting, on the stack and on both hosts: never an app without functions and without a word."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from azure.storage.blob import ContainerClient

from local.app_settings import ROOT, environment
from local.azurite import PORTS, Azurite
from local.functions_host import HostName
from local.ports import LOOPBACK, free_ports
from local.processes import Child
from tests import hosts
from tests.e2e.conftest import started
from tests.waiting import until

CANARY = "canary4711"
WRONG = {
    "RELAY_QUIET_SECONDS": CANARY,
    "RELAY_FOLDER": "files/airflow/dags",
    "RELAY_SWEEP_SCHEDULE": "0 0 0 ? * *",
    "RELAY_LINKED_SERVICE": "",
}
MISCONFIGURED = {"status": "misconfigured"}


@contextmanager
def host(name: str, log: Path, **settings: str) -> Iterator[tuple[str, str]]:
    """Start the app with these settings on a host, and the storage where the host keeps its keys.

    Yields the app's address and the storage's connection string.
    """
    azurite, port = Azurite(free_ports(PORTS)), free_ports(1)
    python = {"languageWorkers__python__defaultExecutablePath": sys.executable}
    env = environment(os.environ | settings, arm=f"http://{LOOPBACK}:9", connection_string=azurite.connection_string)
    command = {
        "standin": [sys.executable, "-m", "local", "host", "--port", str(port), "--enable-auth"],
        "func": ["func", "start", "--port", str(port), "--enableAuth"],
    }
    with log.open("w") as out:
        storage = Child("Azurite", azurite.command(ROOT), env=env, cwd=ROOT, log=out)
        storage.wait_until(azurite.answers)
        app = Child(name, command[name], env=env | python, cwd=ROOT, log=out)
        try:
            yield f"http://{LOOPBACK}:{port}", azurite.connection_string
        finally:
            app.stop()
            storage.stop()


def answer(url: str, status: int, **headers: str) -> requests.Response:
    """Wait until the host gives an answer of the app of this status."""

    def looked() -> list[requests.Response]:
        try:
            found = requests.get(url, headers=headers, timeout=60)
        except requests.ConnectionError:
            return []
        return [found] if found.status_code == status else []

    (found,) = until(looked, f"{status} at {url}")
    return found


def function_key(connection_string: str) -> str:
    with ContainerClient.from_connection_string(connection_string, "azure-webjobs-secrets") as secrets:
        name = next(name for name in secrets.list_blob_names() if name.endswith("/host.json"))
        return str(json.loads(secrets.download_blob(name).readall())["functionKeys"][0]["value"])


@pytest.mark.parametrize("name", ["standin", "func"])
def test_an_app_with_wrong_settings_says_so_and_does_nothing_else(name: HostName, tmp_path: Path) -> None:
    hosts.skip_without(name)
    log = tmp_path / "log"
    with host(name, log, **WRONG) as (url, connection_string):
        healthy = until(lambda: answer(f"{url}/api/health", 503).json() == MISCONFIGURED, "the app's own answer")
        assert healthy
        answer(f"{url}/api/ready", 401)
        ready = answer(f"{url}/api/ready", 503, **{"x-functions-key": function_key(connection_string)}).json()
        answer(f"{url}/api/routes", 404)
    assert {trouble["reason"] for trouble in ready["troubles"]} == {"Misconfigured"}
    sentences = [trouble["sentence"] for trouble in ready["troubles"]]
    assert {sentence.partition(":")[0] for sentence in sentences} == WRONG.keys()
    logged = log.read_text()
    # When the app is imported, and with the first request.
    assert [sentence for sentence in sentences if logged.count(sentence) < 2] == []
    assert CANARY not in logged + json.dumps(ready)


@pytest.mark.parametrize("name", ["standin", "func"])
def test_an_app_that_lacks_a_package_names_it(name: HostName, tmp_path: Path) -> None:
    hosts.skip_without(name)
    (tmp_path / "sitecustomize.py").write_text('import sys\n\nsys.modules["pathspec"] = None\n')
    with host(name, tmp_path / "log", PYTHONPATH=str(tmp_path)) as (url, connection_string):
        answer(f"{url}/api/health", 503)
        answer(f"{url}/api/ready", 401)
        ready = answer(f"{url}/api/ready", 503, **{"x-functions-key": function_key(connection_string)}).json()
    assert [trouble["sentence"] for trouble in ready["troubles"]] == [
        "the package pathspec of requirements.txt is not installed"
    ]


def test_an_app_whose_list_of_routes_is_not_there_says_so(tmp_path: Path) -> None:
    with host("standin", tmp_path / "log", RELAY_ROUTES_BLOB="settings/routes.json") as (url, connection_string):
        answer(f"{url}/api/health", 503)
        answer(f"{url}/api/ready", 401)
        ready = answer(f"{url}/api/ready", 503, **{"x-functions-key": function_key(connection_string)}).json()
    assert [trouble["sentence"] for trouble in ready["troubles"]] == [
        "RELAY_ROUTES_BLOB: there is no such blob in the app's own storage, AzureWebJobsStorage (ContainerNotFound)"
    ]


def test_the_local_stack_ends_with_the_list_of_what_is_wrong() -> None:
    with started(**WRONG) as stack:
        assert stack.stderr is not None
        said = stack.stderr.read()
        assert stack.wait(60) == 1
    assert [name for name in WRONG if f"  {name}: " not in said] == []
    assert CANARY not in said


def test_the_local_stack_says_where_it_takes_a_list_of_routes_from() -> None:
    with started(RELAY_ROUTES_BLOB="settings/routes.json") as stack:
        assert stack.stderr is not None
        said = stack.stderr.read()
        assert stack.wait(60) == 1
    assert "RELAY_ROUTES_BLOB: the stack's storage begins empty; give the list with --routes FILE" in said
