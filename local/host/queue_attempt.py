"""One try at one message: it stays hidden while it is worked on, and is then deleted, tried again or poison.

The rules are those of QueueProcessor in the WebJobs SDK.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.errors import HostEnds
from local.host.listeners import Outage, summary
from local.host.queue_messages import Message, decode
from local.host.settings import QueueOptions

_LOG = logging.getLogger("standin.queues")


@dataclass(frozen=True, slots=True)
class Source:
    """A queue, how it is read, and what is done with a message: `handle` returns whether it succeeded.

    A message that failed too often goes where `poison` says; where that is None, one that fails stays hidden until its
    lock ends.
    """

    queue: QueueClient
    options: QueueOptions
    handle: Callable[[Message], Awaitable[bool]]
    poison: Callable[[str], Awaitable[None]] | None


class Attempt:
    """One try at one message. Each renewal of its lock gives it a new pop receipt."""

    def __init__(self, source: Source, message: QueueMessage) -> None:
        self._source = source
        self._message = message

    async def process(self) -> None:
        """Handle the message and do what follows from how that went."""
        decoded = self._decoded()
        succeeded = await self._handled(decoded)
        await self._finish(decoded, succeeded=succeeded)

    @property
    def _name(self) -> str:
        return self._source.queue.queue_name

    def _decoded(self) -> Message | None:
        raw = self._message
        try:
            body = decode(raw.content, base64_encoded=self._source.options.base64)
        except ValueError:
            _LOG.error("queue %s: message %s is not base64, which host.json asks for", self._name, raw.id)
            return None
        return Message(
            id=raw.id,
            body=body,
            pop_receipt=raw.pop_receipt or "",
            dequeue_count=raw.dequeue_count or 0,
            inserted=raw.inserted_on or datetime.now(UTC),
            expires=raw.expires_on or datetime.max.replace(tzinfo=UTC),
            next_visible=raw.next_visible_on or datetime.now(UTC),
        )

    async def _handled(self, decoded: Message | None) -> bool:
        # A message that comes once more than it may was taken by a host that crashed: poison, unseen.
        if decoded is None or decoded.dequeue_count > self._source.options.max_dequeue_count:
            return False
        done = asyncio.Event()
        renewal = asyncio.ensure_future(self._keep_hidden_until(done))
        try:
            return await self._source.handle(decoded)
        except HostEnds:
            raise
        except Exception as error:  # noqa: BLE001 - the message is tried again
            _LOG.warning("queue %s: message %s: %s", self._name, self._message.id, summary(error))
            return False
        finally:
            # Not cancelled: a renewal that storage has done, but whose answer is lost, would lose the pop receipt.
            done.set()
            await renewal

    async def _keep_hidden_until(self, done: asyncio.Event) -> None:
        lock = self._source.options.message_lock.total_seconds()
        while not done.is_set():
            try:
                await asyncio.wait_for(done.wait(), lock / 2)
            except TimeoutError:
                with suppress(AzureError):
                    await self._hide(lock)

    async def _hide(self, seconds: float) -> None:
        renewed = await self._source.queue.update_message(self._message, visibility_timeout=int(seconds))
        self._message.pop_receipt = renewed.pop_receipt

    async def _finish(self, decoded: Message | None, *, succeeded: bool) -> None:
        """Do what follows from a try. Storage that is away gets as long as the message is ours."""
        outage, begin = Outage(f"queue {self._name}, message {self._message.id}"), time.monotonic()
        while time.monotonic() - begin < self._source.options.message_lock.total_seconds():
            try:
                await self._settle(decoded, succeeded=succeeded)
            except (ServiceRequestError, ServiceResponseError) as error:
                await asyncio.sleep(outage.failed(error))
            except AzureError as error:
                _LOG.warning("queue %s: message %s: %s", self._name, self._message.id, summary(error))
                return
            else:
                return

    async def _settle(self, decoded: Message | None, *, succeeded: bool) -> None:
        options, poison = self._source.options, self._source.poison
        if succeeded:
            await self._source.queue.delete_message(self._message)
        elif poison is None:
            _LOG.error("queue %s: message %s stays hidden: there is no poison queue", self._name, self._message.id)
        elif decoded is not None and decoded.dequeue_count < options.max_dequeue_count:
            await self._hide(options.visibility_timeout.total_seconds())
        else:
            _LOG.error("queue %s: message %s goes to the poison queue", self._name, self._message.id)
            await poison(self._message.content)
            await self._source.queue.delete_message(self._message)
