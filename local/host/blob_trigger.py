"""Everything that blob functions need, put together."""

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from functools import partial

from aiohttp import web

from local.host.blob_paths import BlobPath
from local.host.blob_queue import BlobFunction, BlobQueue
from local.host.blob_runs import BlobRuns, quoted
from local.host.blob_scan import BlobNotices, ContainerScan
from local.host.errors import StartError
from local.host.events import blob_versions
from local.host.functions import BlobTrigger, Function
from local.host.invocations import Invoker
from local.host.listeners import all_of
from local.host.queues import QueueListener, Signals
from local.host.receipts import Receipts
from local.host.settings import LockOptions, QueueOptions
from local.host.singleton import HOSTS_CONTAINER, Singleton
from local.host.storage import Account, Accounts

_SCAN_LOCK = "WebJobs.Internal.Blobs.Listener"


def blob_functions(functions: Iterable[Function], accounts: Accounts) -> dict[str, BlobFunction]:
    """Return the functions with a blob trigger by their id; raise StartError for a path that is not legal."""
    found = (
        _blob_function(each, each.trigger, accounts) for each in functions if isinstance(each.trigger, BlobTrigger)
    )
    return {each.id: each for each in found}


class BlobTriggers:
    """The listeners of an app's blob functions, and the queue that its webhook uses."""

    def __init__(
        self, host: Account, host_id: str, functions: dict[str, BlobFunction], invoker: Invoker, added: Signals
    ) -> None:
        self.functions = functions
        self.queue = BlobQueue(host, host_id, functions, added)
        self._invoker = invoker
        receipts = Receipts(host.blobs.get_container_client(HOSTS_CONTAINER), host_id)
        self._notices = BlobNotices(receipts, self.queue)
        self.runs = BlobRuns(invoker, self._notices.notify)
        self._lock = partial(Singleton, host, host_id, _SCAN_LOCK)

    def queue_listener(self, options: QueueOptions) -> QueueListener:
        """Return the listener that runs functions for the blobs that were found."""
        return self.queue.listener(self.runs.run, options, self._invoker)

    def scanner(self, locks: LockOptions) -> Callable[[], Coroutine[None, None, None]] | None:
        """Return what scans the watched containers, in one process at a time; None if none is watched."""
        by_container: dict[tuple[str, str], list[BlobFunction]] = defaultdict(list)
        for each in self.functions.values():
            if not each.trigger.event_grid:
                by_container[each.trigger.connection, each.path.container].append(each)
        scans = [self._scan(container, each) for (_, container), each in by_container.items()]
        if not scans:
            return None
        lock = self._lock(locks)
        return lambda: lock.keep_running(lambda: all_of(scan.keep_running() for scan in scans))

    def _scan(self, container: str, functions: list[BlobFunction]) -> ContainerScan:
        client = functions[0].account.blobs.get_container_client(container)
        return ContainerScan(client, functions, self._notices)


class BlobEvents:
    """Takes events for blob functions, which go by `Host.Functions.<name>`, and puts them into the scan's own queue.

    There are no receipts here: an event that comes twice runs twice. Neither the function's name nor the blob's
    container is looked at (BlobTriggerExtensionConfigProvider): an event for a function that does not exist is taken
    and comes to nothing, and one of any container runs any function.
    """

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


def _blob_function(function: Function, trigger: BlobTrigger, accounts: Accounts) -> BlobFunction:
    try:
        path = BlobPath.parse(trigger.path)
    except ValueError as error:
        raise StartError(f"function {function.name}: {error}") from error
    return BlobFunction(function, trigger, path, accounts.get(trigger.connection))
