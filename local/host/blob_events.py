"""Blob functions that Event Grid starts: its events become messages of the same queue that the scan uses.

There are no receipts here: an event that comes twice runs twice. Neither the function's name nor the blob's container
is looked at (BlobTriggerExtensionConfigProvider in the Storage extension): an event for a function that does not exist
is taken and comes to nothing, and one of any container runs any function.
"""

from dataclasses import replace

from aiohttp import web

from local.host.blob_queue import BlobQueue
from local.host.blob_runs import quoted
from local.host.events import blob_versions


class BlobEvents:
    """Takes events for blob functions, which go by `Host.Functions.<name>`."""

    extension = "blobs"

    def __init__(self, queue: BlobQueue) -> None:
        self._queue = queue

    def has(self, _function: str | None) -> bool:
        """Tell whether an event for the function is taken."""
        return True

    async def receive(self, function: str | None, body: bytes) -> web.Response:
        """Ask for a run for each event, up to the first that tells of no blob."""
        for blob, blob_type in blob_versions(body):
            await self._queue.send(function, replace(blob, etag=quoted(blob.etag)), blob_type)
        return web.Response(status=202)
