"""One holder at a time among all processes of an app: a lease on a blob in `azure-webjobs-hosts/locks/<host id>/`.

A holder renews its lease; when it crashes, the next one takes over once the lease has run out and it looks again, which
it does as rarely as host.json says (SingletonManager in the WebJobs SDK). A test that does not want to wait lets the
stand-in break the lease of a process that is gone: the blob's metadata names it.
"""

import asyncio
import logging
import os
import platform
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from uuid import uuid4

import psutil
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobLeaseClient

from local.host.listeners import Outage, keep_running
from local.host.settings import LockOptions
from local.host.storage import Account, create

_LOG = logging.getLogger("standin.singleton")
HOSTS_CONTAINER = "azure-webjobs-hosts"
_RENEW_SECONDS = 5.0
_POLL_SECONDS_WITH_BREAKING = 1.0
# One id for the whole process: after an outage it gets its own lease back at once.
_LEASE_ID = str(uuid4())


class Singleton:
    """A named lock of this app."""

    def __init__(self, account: Account, host_id: str, name: str, options: LockOptions) -> None:
        self._name = name
        self._options = options
        self._container = account.blobs.get_container_client(HOSTS_CONTAINER)
        self._blob = self._container.get_blob_client(f"locks/{host_id}/{name}")

    async def keep_running(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run `work`, which never returns, whenever this process holds the lock."""

        async def hold(outage: Outage) -> None:
            lease = await self._acquire()
            outage.over()
            await self._work_under(lease, work)

        await keep_running(f"lock {self._name}", hold)

    async def _acquire(self) -> BlobLeaseClient:
        lease = BlobLeaseClient(self._blob, _LEASE_ID)
        pause = self._options.recovery_polling.total_seconds()
        while not await self._try_acquire(lease):  # noqa: ASYNC110 - storage raises no event
            await asyncio.sleep(_POLL_SECONDS_WITH_BREAKING if self._options.break_dead else pause)
        await self._blob.set_blob_metadata(_holder(), lease=lease)
        return lease

    async def _try_acquire(self, lease: BlobLeaseClient) -> bool:
        try:
            await lease.acquire(self._lease_seconds)
        except ResourceNotFoundError:
            await self._create()
            return await self._try_acquire(lease)
        except ResourceExistsError:
            return self._options.break_dead and await self._break_if_gone() and await self._try_acquire(lease)
        return True

    async def _create(self) -> None:
        await create(self._container.create_container())
        await create(self._blob.upload_blob(b"", metadata=_holder()))

    @property
    def _lease_seconds(self) -> int:
        return int(self._options.period.total_seconds())

    async def _break_if_gone(self) -> bool:
        holder = (await self._blob.get_blob_properties()).metadata
        if not _is_gone(holder):
            return False
        _LOG.info("lock %s: its holder, process %s, is gone; taking over", self._name, holder.get("process"))
        await BlobLeaseClient(self._blob).break_lease(lease_break_period=0)
        return True

    async def _work_under(self, lease: BlobLeaseClient, work: Callable[[], Coroutine[None, None, None]]) -> None:
        tasks = [asyncio.ensure_future(each) for each in (work(), _renew_while_held(lease, self._lease_seconds))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _release(lease)


async def _renew_while_held(lease: BlobLeaseClient, lease_seconds: int) -> None:
    confirmed = time.monotonic()
    while time.monotonic() - confirmed < lease_seconds:
        await asyncio.sleep(_RENEW_SECONDS)
        asked = time.monotonic()
        with suppress(AzureError, TimeoutError):
            async with asyncio.timeout(_RENEW_SECONDS):
                if not await _renew(lease):
                    return
            confirmed = asked


async def _renew(lease: BlobLeaseClient) -> bool:
    """Return False if another process has the lease; raise if storage does not answer."""
    try:
        await lease.renew()
    except HttpResponseError as error:
        if error.status_code is None or error.status_code >= 500:  # noqa: PLR2004 - a server error says nothing
            raise
        return False
    return True


async def _release(lease: BlobLeaseClient) -> None:
    with suppress(AzureError, TimeoutError):
        async with asyncio.timeout(1):
            await lease.release()


def _holder() -> dict[str, str]:
    started = psutil.Process().create_time()
    return {"machine": platform.node(), "process": str(os.getpid()), "started": f"{started:.2f}"}


def _is_gone(holder: dict[str, str]) -> bool:
    if holder.get("machine") != platform.node():
        return False
    try:
        process = psutil.Process(int(holder["process"]))
        is_alive = process.status() != psutil.STATUS_ZOMBIE and f"{process.create_time():.2f}" == holder["started"]
    except psutil.NoSuchProcess:
        return True
    return not is_alive
