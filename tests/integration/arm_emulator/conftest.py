"""The emulator as a process and a real Azurite, both on free ports of the loopback address."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from azure.storage.blob import ContainerClient

Found = TypeVar("Found")

ROOT = Path(__file__).parents[3]
FACTORY = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourcegroups/example-rg"
    "/providers/Microsoft.DataFactory/factories/example-adf"
)
# Azurite's published account, which is the same on every machine.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with started:
        try:
            yield started
        finally:
            started.terminate()
            started.communicate(timeout=10)


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def until(look: Callable[[], Found | None], seconds: float = 20) -> Found:
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """Start Azurite; its connection string."""
    blob, queue, table = free_ports(3)
    command = [shutil.which("node") or "node", "node_modules/azurite/dist/src/azurite.js", "--silent"]
    command += ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    for name, port in (("blob", blob), ("queue", queue), ("table", table)):
        command += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
    with process(*command):
        until(lambda: _listens(blob))
        yield (
            f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{blob}/devstoreaccount1;"
        )


def _listens(port: int) -> bool | None:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0 or None


@pytest.fixture
def container(storage: str) -> Iterator[ContainerClient]:
    """Make the container of the sample settings, empty."""
    with ContainerClient.from_connection_string(storage, "airflow-files") as client:
        client.create_container()
        yield client
        client.delete_container()


@pytest.fixture(scope="session")
def arm_process(storage: str) -> Iterator[str]:
    with process(sys.executable, "-m", "local.arm", "--port", "0", "--storage-connection-string", storage) as started:
        assert started.stdout is not None
        yield json.loads(started.stdout.readline())["arm"]


@pytest.fixture
def arm(arm_process: str) -> str:
    """Where the emulator is, in its seeded state."""
    requests.post(f"{arm_process}/_emulator/reset", timeout=10).raise_for_status()
    return arm_process


@pytest.fixture
def factory(arm: str) -> str:
    return arm + FACTORY


@pytest.fixture
def session(arm: str) -> Iterator[requests.Session]:
    """A client with a token and the api-version."""
    answer = requests.get(
        f"{arm}/_emulator/identity/token",
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": "local-stack"},
        timeout=10,
    )
    with requests.Session() as client:
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        client.params = {"api-version": "2018-06-01"}
        yield client


@pytest.fixture
def sync(session: requests.Session, factory: str) -> Callable[..., requests.Response]:
    """Ask for an import of the sample's folder, or of another one."""

    def ask(folder: str = "airflow-files/airflow") -> requests.Response:
        body = {"IntegrationRuntimeName": "sample-2", "LinkedServiceName": "AzureBlobStorage1"}
        return session.post(f"{factory}/airflow/sync", json=body | {"StorageFolderPath": folder}, timeout=10)

    return ask


@pytest.fixture
def imports(arm: str) -> Callable[[int], list[dict[str, Any]]]:
    """Wait until as many imports are over, and return them."""

    def finished(count: int) -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = requests.get(f"{arm}/_emulator/imports", timeout=10).json()
        return found if len(found) >= count else None

    return lambda count: until(lambda: finished(count))


@pytest.fixture
def fault(arm: str) -> Callable[..., None]:
    """Script one fault, for requests of any kind."""

    def script(answer: Mapping[str, Any], **more: object) -> None:
        requests.post(f"{arm}/_emulator/faults", json={"answer": answer, **more}, timeout=10).raise_for_status()

    return script


@pytest.fixture
def journal(arm: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: list(requests.get(f"{arm}/_emulator/journal", timeout=10).json())
