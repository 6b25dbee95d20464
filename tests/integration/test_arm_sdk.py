"""The emulator is close enough to ARM for Microsoft's own client."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.mgmt.datafactory import DataFactoryManagementClient

from shared.storage.connections import credential

PLACE = ("example-rg", "example-adf")
PLAIN = {"enforce_https": False}
SPEC = {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": 2}}}}


@pytest.fixture
def runtimes(emulator: str) -> Iterator[Any]:
    client = DataFactoryManagementClient(
        credential(),
        "12345678-1234-1234-1234-123456789012",
        base_url=emulator,
        credential_scopes=["https://management.azure.com/.default"],
        retry_total=0,
    )
    with client:
        yield client.integration_runtimes


def nodes(runtime: Any) -> object:  # noqa: ANN401 - the client knows no Airflow
    return runtime.as_dict()["properties"]["typeProperties"]["computeProperties"]["extraNodes"]


def test_the_sdk_creates_reads_lists_and_deletes_environments(runtimes: Any) -> None:  # noqa: ANN401
    made = runtimes.create_or_update(*PLACE, "by-sdk", SPEC, **PLAIN)
    assert (made.name, nodes(made)) == ("by-sdk", 2)
    assert nodes(runtimes.get(*PLACE, "by-sdk", **PLAIN)) == 2
    assert [found.name for found in runtimes.list_by_factory(*PLACE, **PLAIN)] == ["by-sdk", "sample-2"]
    runtimes.delete(*PLACE, "by-sdk", **PLAIN)
    assert [found.name for found in runtimes.list_by_factory(*PLACE, **PLAIN)] == ["sample-2"]


def test_the_sdk_follows_a_start_to_its_end(runtimes: Any) -> None:  # noqa: ANN401
    poller = runtimes.begin_start(*PLACE, "sample-2", polling_interval=0, **PLAIN)
    poller.wait(30)
    assert poller.status() == "Succeeded"
    assert runtimes.get(*PLACE, "sample-2", **PLAIN).as_dict()["properties"]["state"] == "Started"
