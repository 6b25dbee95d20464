"""Receipts on Azurite: who is told of a version of a blob, where two are at it at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.storage.blob.aio import BlobLeaseClient, BlobServiceClient, ContainerClient

from local.azurite import Azurite
from local.host.receipts import BlobVersion, Receipts, receipt_name

FUNCTION = "Host.Functions.on_dag_blob"
BLOB = BlobVersion("airflow-files", "airflow/dags/a.py", '"0x1"')


def test_a_version_is_told_of_once(azurite: Azurite) -> None:
    async def twice() -> list[bool]:
        async with receipts_of("once", azurite) as (receipts, _):
            return [await receipts.once(FUNCTION, BLOB, sent.send) for _ in range(2)]

    sent = Sent()
    assert asyncio.run(twice()) == [True, True]
    assert sent.times == 1


def test_what_another_one_is_at_is_left_for_later(azurite: Azurite) -> None:
    async def beside_another() -> bool:
        async with receipts_of("beside", azurite) as (receipts, container):
            receipt = container.get_blob_client(receipt_name("beside", FUNCTION, BLOB))
            await container.create_container()
            await receipt.upload_blob(b"", metadata={"Incomplete": "true"})
            await BlobLeaseClient(receipt).acquire(30)
            return await receipts.once(FUNCTION, BLOB, sent.send)

    sent = Sent()
    assert asyncio.run(beside_another()) is False
    assert sent.times == 0


class Sent:
    """Counts what is sent."""

    def __init__(self) -> None:
        self.times = 0

    async def send(self) -> None:
        self.times += 1


@asynccontextmanager
async def receipts_of(host_id: str, azurite: Azurite) -> AsyncIterator[tuple[Receipts, ContainerClient]]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        container = blobs.get_container_client(f"receipts-{host_id}")
        yield Receipts(container, host_id), container
