"""Four Airflows behind the ARM emulator: the emulated one in both forms of its API, real 3.x, real 2.10.5.

The real ones are started where AIRFLOW_CONTRACT is set, as `make test-airflow` does: it installs them, and a start
takes a minute of both cores.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
import requests
from azure.storage.blob import ContainerClient

from local.airflow.real import START_TIMEOUT_S, running_airflow
from local.app_settings import ROOT, sample
from local.azurite import PORTS, Azurite
from local.errors import LocalError
from local.ports import free_ports
from local.processes import Child
from local.releases import AIRFLOW_2, AIRFLOW_3, Release
from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.airflow.address import DEFAULT_SCOPE, managed_address
from shared.airflow.client import AirflowClient, AirflowLogin, BasicLogin, EntraLogin
from shared.airflow.looking import imported_file, look
from shared.airflow.verdict import FileVerdict
from shared.arm import factory
from shared.arm.clouds import arm_service
from shared.rest.caller import RestCaller
from shared.rest.tokens import Tokens
from shared.storage.connections import credential
from tests.waiting import until

FACTORY = FactoryId.parse(sample()["RELAY_FACTORY"])
ENVIRONMENT = EnvironmentId(FACTORY, sample()["RELAY_ENVIRONMENT"])
REQUEST = SyncRequest(
    integration_runtime_name=ENVIRONMENT.name,
    linked_service_name=sample()["RELAY_LINKED_SERVICE"],
    storage_folder_path=sample()["RELAY_FOLDER"],
)
TARGETS: Mapping[str, Release | str] = {
    "emulated 2.10.5": "2.10.5",
    "emulated 3.3.2": "3.3.2",
    "real 3.x": AIRFLOW_3,
    "real 2.10.5": AIRFLOW_2,
}


@dataclass
class World:
    """A folder, the emulator that imports it, and the Airflow behind."""

    emulator: str
    container: ContainerClient
    arm: RestCaller
    client: AirflowClient
    name: str
    version: str

    def upload_and_import(self, files: Mapping[str, bytes]) -> float:
        """Return the time before the import, by our clock."""
        _, _, folder = sample()["RELAY_FOLDER"].partition("/")
        for path, content in files.items():
            self.container.upload_blob(f"{folder}/dags/{path}", content, overwrite=True)
        done, began = self._imports(), time.monotonic()
        factory.sync(self.arm, FACTORY, REQUEST, deadline_s=10)
        until(lambda: self._imports() > done, "the import")
        return began

    def verdicts(self, files: Mapping[str, bytes], began: float, seconds: float = 120) -> dict[str, FileVerdict]:
        """Look again and again, as the relay does, until every file has a verdict; the last look ends it."""
        settled: dict[str, FileVerdict] = {}
        ends = time.monotonic() + seconds
        while len(settled) < len(files):
            found = look(
                self.client,
                [imported_file(path, content) for path, content in files.items() if path not in settled],
                ago=timedelta(seconds=time.monotonic() - began),
                deadline_s=60,
                known=files.keys(),
                last_look=time.monotonic() > ends,
            )
            settled |= {path: verdict for path, verdict in found.items() if verdict.settled}
            time.sleep(0.5)
        return settled

    def _imports(self) -> int:
        return len(requests.get(f"{self.emulator}/_emulator/imports", timeout=10).json())


# What each Airflow said of the files of the first import, for the table at the end.
TOLD: dict[str, Mapping[str, FileVerdict]] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the verdicts side by side."""
    if not TOLD:
        return
    terminalreporter.section("what each Airflow said after the first import")
    for path in next(iter(TOLD.values())):
        words = (f"{target}: {_in_words(verdicts[path])}" for target, verdicts in TOLD.items())
        terminalreporter.write_line(f"{path:18} {' | '.join(words)}")


def _in_words(verdict: FileVerdict) -> str:
    problem = verdict.problem
    return f"{problem.type} in line {problem.line}" if problem else f"{verdict.state} {', '.join(verdict.dags)}".strip()


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    azurite = Azurite(free_ports(PORTS))
    child = Child("Azurite", azurite.command(ROOT), env=os.environ, cwd=ROOT, log=sys.stderr)
    try:
        child.wait_until(azurite.answers)
        yield azurite.connection_string
    finally:
        child.stop()


@pytest.fixture(scope="module", params=TARGETS)
def standing(request: pytest.FixtureRequest, storage: str) -> Iterator[World]:
    target = TARGETS[request.param]
    with ExitStack() as ending, pytest.MonkeyPatch.context() as environment:
        command = [sys.executable, "-m", "local", "arm", "--port", "0", "--storage-connection-string", storage]
        login: AirflowLogin | None = None
        if isinstance(target, Release):
            _installed(target)
            airflow, services = ending.enter_context(running_airflow(target, free_ports(1), sys.stderr))
            services[0].wait_until(airflow.answers, START_TIMEOUT_S)
            command += ["--airflow-url", airflow.url, "--airflow-home", str(airflow.home)]
            login = BasicLogin(airflow.user, airflow.password)
        child = Child("ARM emulator", command, env=os.environ, cwd=ROOT, log=sys.stderr)
        ending.callback(child.stop)
        emulator = child.ready_line()["arm"]
        if isinstance(target, str):
            settings = {"airflow_version": target, "parse_seconds": 1}
            requests.post(f"{emulator}/_emulator/settings", json=settings, timeout=10).raise_for_status()
        _use_identity(environment, emulator)
        container = ContainerClient.from_connection_string(storage, sample()["RELAY_FOLDER"].partition("/")[0])
        ending.enter_context(container)
        container.create_container()
        ending.callback(container.delete_container)
        arm = RestCaller(arm_service(emulator, "https://management.azure.com/.default"), credential())
        body = factory.get_environment(arm, ENVIRONMENT, deadline_s=10).json()
        web_url = body["properties"]["typeProperties"]["airflowProperties"]["airflowWebUrl"]
        client = AirflowClient(managed_address(web_url), login or EntraLogin(Tokens(credential(), DEFAULT_SCOPE)))
        version = target.version if isinstance(target, Release) else target
        yield World(emulator, container, arm, client, request.param, version)


@pytest.fixture
def world(standing: World, monkeypatch: pytest.MonkeyPatch) -> World:
    _use_identity(monkeypatch, standing.emulator)
    return standing


def _use_identity(environment: pytest.MonkeyPatch, emulator: str) -> None:
    environment.setenv("IDENTITY_ENDPOINT", f"{emulator}/_emulator/identity/token")
    for name in ("IDENTITY_HEADER", "AZURE_TOKEN_CREDENTIALS"):
        environment.setenv(name, sample()[name])
    credential.cache_clear()


def _installed(release: Release) -> None:
    if not os.environ.get("AIRFLOW_CONTRACT"):
        pytest.skip(f"real Airflow {release.version} runs in `make test-airflow`")
    try:
        release.install(lambda _done, _of: None)
    except LocalError as error:
        pytest.skip(str(error))
