"""Takes messages from one queue, in batches and so many at a time (QueueListener in the WebJobs SDK)."""

import asyncio

from azure.core.exceptions import ResourceNotFoundError

from local.host.backoff import Backoff
from local.host.invocations import Invoker
from local.host.listeners import Outage, keep_running
from local.host.queue_attempt import Attempt, Source
from local.host.storage import create


class QueueListener:
    """Takes messages from a queue and has them handled, so many at a time."""

    def __init__(self, source: Source, invoker: Invoker) -> None:
        self._source = source
        self._invoker = invoker
        self._running: set[asyncio.Task[None]] = set()

    async def keep_running(self) -> None:
        """Listen until cancelled."""
        await keep_running(f"queue {self._source.queue.queue_name}", self._listen)

    async def _listen(self, outage: Outage) -> None:
        backoff = Backoff(self._source.options.max_polling_interval.total_seconds())
        while True:
            found = await self._poll()
            outage.over()
            wait = backoff.next(found=found > 0)
            if not found:
                await asyncio.sleep(wait)
            while len(self._running) > self._source.options.new_batch_threshold:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _poll(self) -> int:
        options = self._source.options
        pages = self._source.queue.receive_messages(
            messages_per_page=options.batch_size,
            max_messages=options.batch_size,
            visibility_timeout=int(options.message_lock.total_seconds()),
        )
        try:
            messages = [message async for message in pages]
        except ResourceNotFoundError:
            await create(self._source.queue.create_queue())
            return 0
        for message in messages:
            task = self._invoker.in_background(Attempt(self._source, message).process())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(messages)
