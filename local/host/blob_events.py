"""Blob functions that Event Grid starts: its events become messages of the same queue that the scan uses.

There are no receipts here: an event that comes twice runs twice (BlobTriggerExtensionConfig in the Storage extension).
"""

from collections.abc import Mapping

from aiohttp import web

from local.host.blob_queue import BlobFunction, BlobQueue
from local.host.blob_runs import quoted
from local.host.events import BlobEvent, blob_events, blob_of_url
from local.host.receipts import BlobVersion


class BlobEvents:
    """Takes events for blob functions, which go by `Host.Functions.<name>`."""

    extension = "blobs"

    def __init__(self, functions: Mapping[str, BlobFunction], queue: BlobQueue) -> None:
        self._functions = functions
        self._queue = queue

    def has(self, function: str) -> bool:
        """Tell whether there is such a function."""
        return function in self._functions

    async def receive(self, function: str, body: bytes) -> web.Response:
        """Ask for a run for each event about a blob that the function wants."""
        wanted = self._functions[function]
        for blob in _blobs(blob_events(body), wanted):
            await self._queue.send(wanted, blob)
        return web.Response(status=202)


def _blobs(events: list[BlobEvent], function: BlobFunction) -> list[BlobVersion]:
    endpoint = function.account.blobs.url
    found = [(*blob_of_url(event.url, endpoint), event.etag) for event in events]
    return [
        BlobVersion(container, name, quoted(etag))
        for container, name, etag in found
        if function.path.match(container, name) is not None
    ]
