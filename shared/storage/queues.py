"""The queues of the app, in the host's storage: delayed messages that name a route and say nothing more."""

import json
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from azure.storage.queue import QueueServiceClient

WAKE_UPS = "dag-relay-wake-ups"
NOTIFICATIONS = "dag-relay-notifications"


class WakeUps(Protocol):
    """Where wake-ups are sent to."""

    def send(self, route_name: str, delay: timedelta) -> datetime:
        """Send a wake-up that stays invisible for `delay`; return when it is due by the storage's clock."""


class QueuedWakeUps:
    """Wake-ups on a Storage Queue, which is made when it is first written to.

    `patience` are options of the storage client for whoever must not wait as long as it does by default.
    """

    def __init__(self, queues: "QueueServiceClient", queue: str = WAKE_UPS, **patience: Any) -> None:  # noqa: ANN401 - azure-core's options
        from azure.storage.queue import TextBase64EncodePolicy

        # The queue trigger decodes base64, as host.json tells it to.
        self._queue = queues.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
        self._patience = patience

    def send(self, route_name: str, delay: timedelta) -> datetime:
        """Send a wake-up that stays invisible for `delay`, in whole seconds; return when it is due."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._send(route_name, delay)
        except ResourceNotFoundError:
            self._queue.create_queue(**self._patience)
            return self._send(route_name, delay)

    def _send(self, route_name: str, delay: timedelta) -> datetime:
        message = self._queue.send_message(
            json.dumps({"route": route_name}),
            visibility_timeout=math.ceil(delay.total_seconds()),
            **self._patience,
        )
        assert message.next_visible_on is not None  # noqa: S101 - the service always answers it
        return message.next_visible_on


def route_name_of(message: bytes) -> str | None:
    """Return the name of the route that a wake-up is for, or None where the message is no wake-up."""
    try:
        return str(json.loads(message)["route"])
    except (ValueError, TypeError, KeyError):
        return None
