"""Takes messages from one queue, in batches and so many at a time (QueueListener in the WebJobs SDK)."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from azure.core.exceptions import ResourceNotFoundError

from local.host.invocations import Invoker
from local.host.listeners import Outage, keep_running
from local.host.queue_attempt import Attempt, Source

SHORTEST = 0.1
_LOWEST_FACTOR, _HIGHEST_FACTOR = 0.8, 1.2

# Set for a queue when this process has put a message into it, by the queue's name: its listener then looks at once
# (SharedQueueWatcher).
Signals = defaultdict[str, asyncio.Event]


def signals() -> Signals:
    """Return signals of which none is set."""
    return defaultdict(asyncio.Event)


@dataclass(slots=True)
class Backoff:
    """Waits between polls, in seconds: they double while polls find nothing, and begin again when one does.

    The rule is that of RandomizedExponentialBackoffStrategy in the WebJobs SDK.
    """

    longest: float
    factor: Callable[[float, float], float] = random.uniform
    _empty_polls: int = 0

    def next(self, *, found: bool) -> float:
        """Return the wait after a poll."""
        if found:
            self._empty_polls = 0
            return SHORTEST
        # A poll more often than this makes no longer wait, and a power that large would make none at all.
        self._empty_polls = min(self._empty_polls + 1, 32)
        step = SHORTEST * 2.0 ** (self._empty_polls - 1) * self.factor(_LOWEST_FACTOR, _HIGHEST_FACTOR)
        return min(max(step, SHORTEST), max(self.longest, SHORTEST))


class QueueListener:
    """Takes messages from a queue and has them handled, so many at a time. A queue that is not there has none."""

    def __init__(self, source: Source, invoker: Invoker, added: asyncio.Event) -> None:
        self._source = source
        self._invoker = invoker
        self._added = added
        self._running: set[asyncio.Task[None]] = set()

    async def keep_running(self) -> None:
        """Listen until cancelled."""
        await keep_running(f"queue {self._source.queue.queue_name}", self._listen)

    async def _listen(self, outage: Outage) -> None:
        backoff = Backoff(self._source.options.max_polling_interval.total_seconds())
        while True:
            self._added.clear()
            found = await self._poll()
            outage.over()
            wait = backoff.next(found=found > 0)
            if not found:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._added.wait(), wait)
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
            return 0
        for message in messages:
            task = self._invoker.in_background(Attempt(self._source, message).process())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(messages)
