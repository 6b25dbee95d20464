"""The stack as a user starts it, and its parts one by one for tests that take them away."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
import requests
from azure.storage.blob import ContainerClient
from playwright.sync_api import Browser

from local.app_settings import ROOT, Addresses, environment
from local.azurite import PORTS, Azurite
from local.demo.observe import Observer, Seen
from local.functions_host import FunctionsHost, HostName
from local.ports import LOOPBACK, free_ports
from local.processes import Child, Service, tied
from tests import hosts
from tests.e2e.browser import SCHEMES, WIDTHS, Scheme, chromium
from tests.waiting import until, until_the_next_second

CONTAINER = "airflow-files"
DAG = b"x = 1\n"


@dataclass
class Running:
    """A running app with everything around it, seen from outside; `log` is where all of it logs."""

    addresses: Addresses
    log: Path

    def __post_init__(self) -> None:
        self.observer = Observer(self.addresses, self.log)
        self.container = self.container_named(CONTAINER)

    def upload(self, name: str, content: bytes = DAG, folder: str = "airflow") -> None:
        """Upload a file that the host is sure to notice."""
        self.upload_burst({name: content}, folder)

    def upload_burst(self, files: Mapping[str, bytes], folder: str = "airflow") -> None:
        """Upload files, name -> content, of which the host is sure to notice the first."""
        until_the_next_second()
        for name, content in files.items():
            self.container.upload_blob(f"{folder}/{name}", content, overwrite=True)

    def wait_for(self, condition: Callable[[Seen], bool], what: str, seconds: float = 60) -> Seen:
        def look() -> Seen | None:
            seen = self.observer.look()
            return seen if condition(seen) else None

        found = until(look, what, seconds)
        assert found
        return found

    def settle(self, before: Seen) -> Seen:
        """Wait until an upload since `before` has been dealt with."""
        return self.wait_for(lambda seen: seen.wake_ups > before.wake_ups and seen.settled, "the wake-up's end")

    def container_named(self, name: str) -> ContainerClient:
        trusted = self.addresses.certificate or True
        return ContainerClient.from_connection_string(self.addresses.connection_string, name, connection_verify=trusted)

    def wait_for_wake_up(self) -> None:
        """Wait until a wake-up has been dealt with, without asking the emulator, which may be down."""
        until(lambda: self.observer.runs.succeeded("on_wake_up"), "a wake-up's end", 90)

    def imported(self) -> dict[str, int]:
        """Return the files of the last import, none before the first: name below the route's folder -> size."""
        imports = self.observer.imports()
        files = imports[-1]["files"] if imports else []
        return {file["name"].removeprefix("airflow/"): file["size"] for file in files}

    def function_key(self) -> str:
        """Return a key that opens every function; the host makes its keys when it is first asked for one."""
        assert requests.get(f"{self.addresses.app}/api/routes", timeout=60).status_code == 401
        secrets = self.container_named("azure-webjobs-secrets")
        host = next(name for name in secrets.list_blob_names() if name.endswith("/host.json"))
        return str(json.loads(secrets.download_blob(host).readall())["functionKeys"][0]["value"])

    def imports_file(self, name: str) -> bool:
        """Whether the last import has the file."""
        return name in self.imported()

    def fault(self, match: dict[str, str], answer: dict[str, Any], times: int = 1) -> None:
        """Let the emulator answer otherwise for a while (docs/emulator.md)."""
        script = {"match": match, "times": times, "answer": answer}
        requests.post(f"{self.addresses.arm}/_emulator/faults", json=script, timeout=60).raise_for_status()

    def journal(self) -> list[dict[str, Any]]:
        return list(requests.get(f"{self.addresses.arm}/_emulator/journal", timeout=60).json())


class Parts:
    """The parts of a stack, each of which a test starts and stops when it likes; storage survives on disk."""

    def __init__(self, folder: Path) -> None:
        self.azurite = Azurite(free_ports(PORTS), folder)
        self._arm_port, self._app_port = free_ports(1), free_ports(1)
        self.addresses = Addresses(
            f"http://{LOOPBACK}:{self._app_port}",
            f"http://{LOOPBACK}:{self._arm_port}",
            f"http://{LOOPBACK}:{self._arm_port}/v1",
            self.azurite.blob_url,
            self.azurite.queue_url,
            self.azurite.connection_string,
        )
        self.log = folder / "stack.log"
        self._log_file = self.log.open("a", buffering=1)
        self.started: list[Child | Service] = []

    def start_storage(self) -> Child:
        child = self._start("Azurite", self.azurite.command(ROOT))
        child.wait_until(self.azurite.answers)
        return child

    def start_arm(self) -> Child:
        storage = ["--storage-connection-string", self.azurite.connection_string]
        arm = self._start("arm", [sys.executable, "-m", "local", "arm", "--port", str(self._arm_port), *storage])
        arm.ready_line()
        return arm

    def start_app(
        self,
        *,
        wait: bool = True,
        host: HostName | None = None,
        app_dir: Path = ROOT,
        python: str = sys.executable,
        home: Path = ROOT,
    ) -> Service:
        """Start the app's host, which is started again when it ends, and wait until it is ready."""
        name = host or hosts.chosen
        functions_host = FunctionsHost(name, self._app_port, self._env(), app_dir=app_dir, python=python, home=home)
        app = functions_host.service(self._log_file)
        self.started.append(app)
        if wait:
            functions_host.wait_until_ready(app.child)
        app.supervise()
        return app

    def running(self) -> Running:
        """Return the parts as one, seen from outside."""
        return Running(self.addresses, self.log)

    def stop(self) -> None:
        for each in reversed(self.started):
            each.stop()
        self._log_file.close()

    def _start(self, name: str, command: list[str]) -> Child:
        child = Child(name, command, env=self._env(), cwd=ROOT, log=self._log_file)
        self.started.append(child)
        return child

    def _env(self) -> dict[str, str]:
        return environment(
            os.environ | {"RELAY_QUIET_SECONDS": "1"},
            arm=self.addresses.arm,
            connection_string=self.addresses.connection_string,
        )


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    hosts.skip_without(hosts.chosen)
    parts = Parts(tmp_path)
    yield parts
    parts.stop()


@contextmanager
def stack_process(
    options: Sequence[str], settings: Mapping[str, str], log: IO[str] | int = subprocess.PIPE
) -> Iterator["subprocess.Popen[str]"]:
    """Start the stack by its command line, on free ports unless the options say otherwise; it logs to `log`."""
    hosts.skip_without(hosts.chosen)
    ports = ["--app-port", "0", "--arm-port", "0", "--storage-port", "0"]
    command = [sys.executable, "-m", "local", "start", *ports, "--host", hosts.chosen, *options]
    process = subprocess.Popen(
        tied(command), cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=log, text=True
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def started(*options: str, **settings: str) -> AbstractContextManager["subprocess.Popen[str]"]:
    """Start the stack; its log is for the caller to read."""
    return stack_process(options, settings)


def ready(process: "subprocess.Popen[str]", log: Path) -> Running:
    """Wait until the stack, which logs to `log`, is ready."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, log.read_text()
    ready = json.loads(line)
    assert ready.pop("ready") is True
    return Running(Addresses(**ready), log)


@contextmanager
def running_stack(*options: str, **settings: str) -> Iterator[tuple[Running, psutil.Process]]:
    """Start the stack and wait until it is ready; yields it with the process that supervises it."""
    with (
        tempfile.NamedTemporaryFile("w", prefix="stack-", suffix=".log") as log,
        stack_process(options, settings, log.file) as process,
    ):
        yield ready(process, Path(log.name)), psutil.Process(process.pid)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    scheme: Scheme = request.param
    return scheme


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return WIDTHS[request.param]
