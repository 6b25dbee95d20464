"""Looks at one container again and again, and tells what changed."""

import asyncio
from collections.abc import Callable, Mapping

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.events.changes import Blob, Change, changes_between
from local.host.listeners import Outage, keep_running

_PAUSE_S = 0.5


class Watcher:
    """Watches one container. What it holds at the first look is not reported; one that does not exist holds nothing.

    A container that vanishes with its blobs makes no events, and neither do changes while the watcher is not there.
    """

    def __init__(self, container: ContainerClient, tell: Callable[[Change], None]) -> None:
        self._container = container
        self._tell = tell
        self._known: Mapping[str, Blob] = {}
        self.looked = asyncio.Event()

    async def keep_running(self) -> None:
        """Watch until cancelled."""
        await keep_running(f"watch of container {self._container.container_name}", self._watch, is_fatal=None)

    async def _watch(self, outage: Outage) -> None:
        while True:
            await self._look()
            outage.over()
            await asyncio.sleep(_PAUSE_S)

    async def _look(self) -> None:
        try:
            found = {
                blob.name: Blob(blob.etag, blob.size, blob.content_settings.content_type or "", bool(blob.copy.id))
                async for blob in self._container.list_blobs(include=["copy"])
            }
        except ResourceNotFoundError:
            found = self._known = {}
        if self.looked.is_set():
            for change in changes_between(self._known, found):
                self._tell(change)
        self._known = found
        self.looked.set()
