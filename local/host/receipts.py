"""Receipts: which version of a blob a function was told of. They are why a restart runs nothing twice.

A receipt is an empty blob in `azure-webjobs-hosts`, named after the function and the blob's ETag. It is made before the
message is sent and marked complete afterwards, under a lease; a crash in between leaves it incomplete, and whoever
scans next sends the message (BlobReceiptManager in the WebJobs SDK).
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, ContainerClient

from local.host.storage import create

_INCOMPLETE = "Incomplete"
_LEASE_SECONDS = 30
_LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class BlobVersion:
    """One version of a blob; the ETag is quoted."""

    container: str
    name: str
    etag: str


def receipt_name(host_id: str, function: str, blob: BlobVersion) -> str:
    """Return a receipt's name; the end of one that is too long for storage is replaced by its hash."""
    name = f"blobreceipts/{host_id}/{function}/{blob.etag}/{blob.container}/{blob.name}"
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _LONGEST_NAME - len(digest) - 1].rstrip('./')}~{digest}"


class Receipts:
    """The receipts of one app."""

    def __init__(self, container: ContainerClient, host_id: str) -> None:
        self._container = container
        self._host_id = host_id

    async def once(self, function: str, blob: BlobVersion, send: Callable[[], Awaitable[None]]) -> None:
        """Call `send` unless a receipt says that it was done.

        Raises ResourceExistsError while somebody else is at it, and whatever `send` raises.
        """
        receipt = self._container.get_blob_client(receipt_name(self._host_id, function, blob))
        if await self._is_complete(receipt):
            return
        lease = BlobLeaseClient(receipt)
        await lease.acquire(_LEASE_SECONDS)
        try:
            if _INCOMPLETE in (await receipt.get_blob_properties()).metadata:
                await send()
                await receipt.set_blob_metadata({}, lease=lease)
        finally:
            await lease.release()

    async def _is_complete(self, receipt: BlobClient) -> bool:
        try:
            return _INCOMPLETE not in (await receipt.get_blob_properties()).metadata
        except ResourceNotFoundError:
            await self._create(receipt)
            return False

    async def _create(self, receipt: BlobClient) -> None:
        marked = {_INCOMPLETE: "true"}
        try:
            await receipt.upload_blob(b"", metadata=marked)
        except ResourceExistsError:
            return
        except ResourceNotFoundError:
            await create(self._container.create_container())
            await create(receipt.upload_blob(b"", metadata=marked))
