"""The internal queue between finding a blob and running a function for it."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from local.host import queue_messages
from local.host.blob_paths import BlobPath
from local.host.functions import BlobTrigger, Function
from local.host.invocations import Invoker
from local.host.queue_attempt import Source
from local.host.queue_messages import Message
from local.host.queues import QueueListener
from local.host.receipts import BlobVersion
from local.host.settings import QueueOptions
from local.host.storage import Account

_LOG = logging.getLogger("standin.blobs")
_POISON_QUEUE = "webjobs-blobtrigger-poison"


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

    def __init__(self, account: Account, host_id: str, functions: Mapping[str, BlobFunction]) -> None:
        self._queue = account.queue(f"azure-webjobs-blobtrigger-{host_id}")
        self._functions = functions

    async def send(self, function: BlobFunction, blob: BlobVersion) -> None:
        """Ask for a run."""
        await queue_messages.send(
            self._queue, queue_messages.encode(message_body(function.id, blob), base64_encoded=True)
        )

    def listener(self, run: RunBlob, options: QueueOptions, invoker: Invoker) -> QueueListener:
        """Return the listener that has the runs done."""

        async def handle(message: Message) -> bool:
            function, blob = self._read(message.body)
            if function is None:
                _LOG.warning("a message for a function that the app no longer has is dropped")
                return True
            return await run(function, blob)

        return QueueListener(Source(self._queue, options, handle, self._to_poison), invoker)

    async def _to_poison(self, text: str) -> None:
        # The poison queue is in the account of the blob, not in the host's.
        function, _ = self._read(queue_messages.decode(text, base64_encoded=True))
        if function is not None:
            await queue_messages.send(function.account.queue(_POISON_QUEUE), text)

    def _read(self, body: bytes) -> tuple[BlobFunction | None, BlobVersion]:
        content = json.loads(body)
        blob = BlobVersion(content["ContainerName"], content["BlobName"], content["ETag"])
        return self._functions.get(content["FunctionId"]), blob


def message_body(function_id: str, blob: BlobVersion) -> bytes:
    """Return the message for a run (BlobTriggerMessage in the WebJobs SDK)."""
    content = {
        "Type": "BlobTrigger",
        "FunctionId": function_id,
        "BlobType": "BlockBlob",
        "ContainerName": blob.container,
        "BlobName": blob.name,
        "ETag": blob.etag,
    }
    return json.dumps(content).encode()
