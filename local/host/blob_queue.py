"""The internal queue between finding a blob and running a function for it."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from local.host import queue_messages
from local.host.blob_paths import BlobPath
from local.host.errors import HostEnds
from local.host.functions import BlobTrigger, Function
from local.host.invocations import Invoker
from local.host.queue_attempt import Source
from local.host.queue_messages import Message
from local.host.queues import QueueListener, Signals
from local.host.receipts import BlobVersion
from local.host.settings import QueueOptions
from local.host.storage import Account

_LOG = logging.getLogger("standin.blobs")
_POISON_QUEUE = "webjobs-blobtrigger-poison"
_BLOB_KEYS = ("ContainerName", "BlobName", "ETag")


@dataclass(frozen=True, slots=True)
class BlobFunction:
    """A function with a blob trigger, the blobs it wants and the account they are in."""

    function: Function
    trigger: BlobTrigger
    path: BlobPath
    account: Account

    @property
    def id(self) -> str:
        """The id that receipts, messages and the webhook's URL use."""
        return self.function.host_function_id


RunBlob = Callable[[BlobFunction, BlobVersion], Awaitable[bool]]


class BlobQueue:
    """Sends and receives the messages that say: run this function for this version of this blob."""

    def __init__(self, account: Account, host_id: str, functions: Mapping[str, BlobFunction], added: Signals) -> None:
        self._queue = account.queue(f"azure-webjobs-blobtrigger-{host_id}")
        self._functions = functions
        self._added = added

    async def send(self, function_id: str | None, blob: BlobVersion, blob_type: str = "BlockBlob") -> None:
        """Ask for a run. That a function of this id exists is found out when the message is read."""
        body = message_body(function_id, blob, blob_type)
        await queue_messages.send(self._queue, queue_messages.encode(body, base64_encoded=True))
        self._added[self._queue.queue_name].set()

    def listener(self, run: RunBlob, options: QueueOptions, invoker: Invoker) -> QueueListener:
        """Return the listener that has the runs done."""

        async def handle(message: Message) -> bool:
            function, blob = self._read(message.body)
            if function is None:
                _LOG.debug("a message for a function that the app does not have is dropped")
                return True
            return await run(function, blob)

        source = Source(self._queue, options, handle, self._to_poison)
        return QueueListener(source, invoker, self._added[self._queue.queue_name])

    async def _to_poison(self, text: str) -> None:
        # The poison queue is in the account of the blob, not in the host's.
        function, _ = self._read(queue_messages.decode(text, base64_encoded=True))
        if function is not None:
            await queue_messages.send(function.account.queue(_POISON_QUEUE), text)
            self._added[_POISON_QUEUE].set()

    def _read(self, body: bytes) -> tuple[BlobFunction | None, BlobVersion]:
        """Read a message; raise HostEnds for one that the real host's listener does not survive."""
        try:
            content = json.loads(body)
            function_id, blob = content["FunctionId"], BlobVersion(*(content[name] for name in _BLOB_KEYS))
        except (ValueError, TypeError, KeyError) as error:
            raise HostEnds("the blob queue has a message that is none of a blob trigger") from error
        if not function_id or not blob.name:
            raise HostEnds("the blob queue has a message without a function or without a blob")
        # A function goes by its short id, too.
        return self._functions.get(f"Host.{function_id.removeprefix('Host.')}"), blob


def message_body(function_id: str | None, blob: BlobVersion, blob_type: str = "BlockBlob") -> bytes:
    """Return the message for a run (BlobTriggerMessage in the WebJobs SDK)."""
    content = {
        "Type": "BlobTrigger",
        "FunctionId": function_id,
        "BlobType": blob_type,
        "ContainerName": blob.container,
        "BlobName": blob.name,
        "ETag": blob.etag,
    }
    return json.dumps(content, indent=2).encode()
