"""The client on the emulated Airflow, and an import into it."""

from collections.abc import Callable

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.airflow.address import DEFAULT_SCOPE, managed_address
from shared.airflow.client import AirflowClient, AirflowLogin, EntraLogin
from shared.arm import factory
from shared.rest.caller import RestCaller
from shared.rest.tokens import Tokens
from shared.rest.urls import Service
from shared.storage.connections import credential
from tests.waiting import until

FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")

Upload = Callable[[dict[str, str]], None]
Set = Callable[..., None]


@pytest.fixture
def settings(emulator: str) -> Set:
    """Change the emulator's settings; its Airflow parses at once unless a test says otherwise."""

    def change(**values: object) -> None:
        requests.post(f"{emulator}/_emulator/settings", json=values, timeout=10).raise_for_status()

    change(parse_seconds=0)
    return change


@pytest.fixture
def arm(cloud: Service) -> RestCaller:
    return RestCaller(cloud, credential())


@pytest.fixture
def make_client(arm: RestCaller) -> Callable[..., AirflowClient]:
    """Make a client of an environment's Airflow, where ARM says that it is."""

    def make(environment: str = "sample-2", login: AirflowLogin | None = None) -> AirflowClient:
        body = factory.get_environment(arm, EnvironmentId(FACTORY, environment), deadline_s=10).json()
        web_url = body["properties"]["typeProperties"]["airflowProperties"]["airflowWebUrl"]
        tokens = Tokens(credential(), DEFAULT_SCOPE)
        return AirflowClient(managed_address(web_url), login or EntraLogin(tokens))

    return make


@pytest.fixture
def client(make_client: Callable[..., AirflowClient], settings: Set) -> AirflowClient:  # noqa: ARG001 - sets parse_seconds
    return make_client()


@pytest.fixture
def imported(blobs: BlobServiceClient, arm: RestCaller, emulator: str) -> Upload:
    """Upload files by their path below `dags/`, and have the emulator import them."""
    container = blobs.create_container("airflow-files")

    def imports() -> int:
        return len(requests.get(f"{emulator}/_emulator/imports", timeout=10).json())

    def upload(files: dict[str, str]) -> None:
        for path, text in files.items():
            container.upload_blob(f"airflow/dags/{path}", text, overwrite=True)
        before = imports()
        request = SyncRequest(
            integration_runtime_name="sample-2",
            linked_service_name="AzureBlobStorage1",
            storage_folder_path="airflow-files/airflow",
        )
        factory.sync(arm, FACTORY, request, deadline_s=10)
        until(lambda: imports() > before, "the import")

    return upload
