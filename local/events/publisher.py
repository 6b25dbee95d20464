"""Brings each change to every subscription that wants it, with the faults that were asked for."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

from azure.storage.blob.aio import ContainerClient

from local.events.changes import Change
from local.events.options import Events
from local.events.schemas import Occurrence, message
from local.events.subscriptions import Place, Subscription
from local.events.webhook import Webhook

_LOG = logging.getLogger("events.publisher")
_AT_ONCE = 16


class Publisher:
    """Sends events, many at a time and in no promised order, as Event Grid does."""

    def __init__(self, receivers: Sequence[tuple[Subscription, Webhook]], options: Events) -> None:
        self._receivers = receivers
        self._options = options
        self._random = Random(options.seed)  # noqa: S311 - repeatable on purpose
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._number = 0

    def publish(self, place: Place, container: ContainerClient, change: Change) -> None:
        """Tell of a change. Every subscription has its own luck."""
        self._number += 1
        event = Occurrence(
            change,
            str(container.account_name),
            place.container,
            container.get_blob_client(change.name).url,
            str(uuid4()),
            datetime.now(UTC),
            self._number,
        )
        for subscription, webhook in self._receivers:
            if subscription.wants(change, place):
                self._send(event, webhook)

    def stop(self) -> None:
        """Forget what is on its way."""
        for delivery in self._deliveries:
            delivery.cancel()

    def _send(self, event: Occurrence, webhook: Webhook) -> None:
        delays = self._options.faults.delays(self._random)
        what = f"{event.change.type} of {event.container}/{event.change.name} for {webhook.name}"
        _LOG.info("%s: %s", what, ", ".join(f"after {delay:.1f} s" for delay in delays) or "lost")
        for delay in delays:
            delivery = asyncio.ensure_future(self._deliver(webhook, event, delay))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, webhook: Webhook, event: Occurrence, delay: float) -> None:
        await asyncio.sleep(delay)
        async with self._slots:
            await webhook.deliver(*message(event, self._options.schema))
