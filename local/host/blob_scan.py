"""Finds new blobs the way the host does on a development account: it lists the container every two seconds.

Rule (ScanContainersStrategy in the WebJobs SDK): a blob is new if it was modified after the newest one of the listing
before. The comparison is strict and times are whole seconds, so a blob written in the same second as the newest one of
a listing, but after it, is missed. That is a true property of the host, and copied.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.host.blob_queue import BlobFunction, BlobQueue
from local.host.blob_runs import quoted
from local.host.listeners import Outage, any_failure, keep_running
from local.host.receipts import BlobVersion, Receipts

_SCAN_SECONDS = 2.0
_AT_ONCE = 16
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class BlobNotices:
    """Tells functions of blobs, once per version."""

    def __init__(self, receipts: Receipts, queue: BlobQueue) -> None:
        self._receipts = receipts
        self._queue = queue

    async def notify(self, function: BlobFunction, blob: BlobVersion) -> bool:
        """Send the message for a function and a version, if it was not sent before; return False to try again later."""
        return await self._receipts.once(function.id, blob, lambda: self._queue.send(function.id, blob))


class ContainerScan:
    """Watches one container for the functions that want its blobs. A container that does not exist has no blobs."""

    def __init__(self, container: ContainerClient, functions: Sequence[BlobFunction], notices: BlobNotices) -> None:
        self._container = container
        self._functions = functions
        self._notices = notices
        self._newest = _BEGINNING
        self._open: set[tuple[BlobFunction, BlobVersion]] = set()

    async def keep_running(self) -> None:
        """Scan until cancelled."""
        await keep_running(
            f"scan of container {self._container.container_name}", self._scan_again_and_again, any_failure
        )

    async def _scan_again_and_again(self, outage: Outage) -> None:
        while True:
            await self._scan()
            outage.over()
            await asyncio.sleep(_SCAN_SECONDS)

    async def _scan(self) -> None:
        self._open |= await self._new_blobs()
        slots = asyncio.Semaphore(_AT_ONCE)
        failures = await asyncio.gather(*(self._notify(*each, slots) for each in self._open.copy()))
        if failure := next(filter(None, failures), None):
            raise failure

    async def _new_blobs(self) -> set[tuple[BlobFunction, BlobVersion]]:
        found, newest = set(), self._newest
        try:
            async for blob in self._container.list_blobs():
                newest = max(newest, blob.last_modified)
                if blob.last_modified > self._newest:
                    version = BlobVersion(self._container.container_name, blob.name, quoted(blob.etag))
                    found |= {(each, version) for each in self._functions if self._wants(each, blob.name)}
        except ResourceNotFoundError:
            return set()
        self._newest = newest
        return found

    def _wants(self, function: BlobFunction, name: str) -> bool:
        # The SDK of .NET strips slashes from a name, and then does not find the blob.
        return name == name.strip("/") and function.path.match(self._container.container_name, name) is not None

    async def _notify(self, function: BlobFunction, blob: BlobVersion, slots: asyncio.Semaphore) -> AzureError | None:
        """Return what went wrong, if anything did; a blob that was not dealt with stays open until the next scan."""
        async with slots:
            try:
                if await self._notices.notify(function, blob):
                    self._open.discard((function, blob))
            except AzureError as error:
                return error
        return None
