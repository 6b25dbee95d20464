"""The emulator with a client, and the container of the sample settings."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from local.azurite import Azurite
from tests.waiting import until

FACTORY = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourcegroups/example-rg"
    "/providers/Microsoft.DataFactory/factories/example-adf"
)


@pytest.fixture
def storage(azurite: Azurite) -> str:
    return azurite.connection_string


@pytest.fixture
def container(storage: str) -> Iterator[ContainerClient]:
    """Make the container of the sample settings, empty whatever other tests left."""
    with ContainerClient.from_connection_string(storage, "airflow-files") as client:
        with suppress(ResourceNotFoundError):
            client.delete_container()
        client.create_container()
        yield client
        client.delete_container()


@pytest.fixture
def arm(emulator: str) -> str:
    """Where the emulator is, in its seeded state."""
    return emulator


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

    return lambda count: until(lambda: finished(count), "the imports") or []


@pytest.fixture
def fault(arm: str) -> Callable[..., None]:
    """Script one fault, for requests of any kind."""

    def script(answer: Mapping[str, Any], **more: object) -> None:
        requests.post(f"{arm}/_emulator/faults", json={"answer": answer, **more}, timeout=10).raise_for_status()

    return script


@pytest.fixture
def journal(arm: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: list(requests.get(f"{arm}/_emulator/journal", timeout=10).json())
