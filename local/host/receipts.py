"""Receipts: which version of a blob a function was told of. They are why a restart runs nothing twice.

A receipt is an empty blob in `azure-webjobs-hosts`, named after the function and the blob's ETag. It is made before the
message is sent and marked complete afterwards, under a lease; a crash in between leaves it incomplete, and the host
that scans next sends the message (BlobReceiptManager in the WebJobs SDK).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, ContainerClient

from local.host.errors import HostEnds
from local.host.storage import create

_INCOMPLETE = "Incomplete"
_LEASE_SECONDS = 30
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class BlobVersion:
    """One version of a blob; the ETag is quoted."""

    container: str
    name: str
    etag: str


def receipt_name(host_id: str, function: str, blob: BlobVersion) -> str:
    """Return a receipt's name. One that is too long for storage is refused by it, as the host's is."""
    return f"blobreceipts/{host_id}/{function}/{blob.etag}/{blob.container}/{blob.name}"


class Receipts:
    """The receipts of one app."""

    def __init__(self, container: ContainerClient, host_id: str) -> None:
        self._container = container
        self._host_id = host_id

    async def once(self, function: str, blob: BlobVersion, send: Callable[[], Awaitable[None]]) -> bool:
        """Call `send` unless a receipt says that it was done; return False, to try later, while somebody else is at it.

        Raises whatever `send` raises.
        """
        receipt = self._container.get_blob_client(receipt_name(self._host_id, function, blob))
        if await self._is_complete(receipt):
            return True
        lease = BlobLeaseClient(receipt)
        try:
            await lease.acquire(_LEASE_SECONDS)
        except ResourceExistsError:
            return False
        try:
            if _INCOMPLETE in (await receipt.get_blob_properties()).metadata:
                await send()
                await receipt.set_blob_metadata({}, lease=lease)
        finally:
            await lease.release()
        return True

    async def _is_complete(self, receipt: BlobClient) -> bool:
        try:
            return _INCOMPLETE not in (await receipt.get_blob_properties()).metadata
        except HttpResponseError as error:
            if error.status_code == _BAD_REQUEST:
                raise HostEnds("storage refuses the name of a receipt, which contains that of the blob") from error
            if not isinstance(error, ResourceNotFoundError):
                raise
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
