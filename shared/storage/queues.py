"""The queues of the app, in the host's storage: delayed messages that name a route and when they are due."""

import json
import math
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.queue import QueueClient, QueueServiceClient


class RouteQueue(Protocol):
    """Where wake-ups are sent to."""

    def send(self, route_name: str, delay: timedelta, due: datetime | None = None) -> datetime:
        """Send a wake-up that stays invisible for `delay`; return until when, by the storage's clock.

        `due` is for the worker that gets it, where that is to wait for the rest in place.
        """


class StorageRouteQueue:
    """Wake-ups on a Storage Queue, which is made when it is first written to.

    `patience` are options of the storage client for callers that must not wait as long as it does by default.
    """

    def __init__(self, connect: "Callable[[], QueueServiceClient]", queue: str, **patience: Any) -> None:  # noqa: ANN401 - azure-core's options
        self._connect = connect
        self._name = queue
        self._patience = patience

    @cached_property
    def _queue(self) -> "QueueClient":
        from azure.storage.queue import TextBase64EncodePolicy

        # Base64, as functions expect it by default: an older version of the app may read the message.
        return self._connect().get_queue_client(self._name, message_encode_policy=TextBase64EncodePolicy())

    def send(self, route_name: str, delay: timedelta, due: datetime | None = None) -> datetime:
        """Send a message that stays invisible for `delay`, in whole seconds; return until when."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._send(route_name, delay, due)
        except ResourceNotFoundError:
            self._queue.create_queue(**self._patience)
            return self._send(route_name, delay, due)

    def _send(self, route_name: str, delay: timedelta, due: datetime | None) -> datetime:
        message = self._queue.send_message(
            json.dumps({"route": route_name, "due": due.isoformat()} if due else {"route": route_name}),
            visibility_timeout=math.ceil(delay.total_seconds()),
            **self._patience,
        )
        assert message.next_visible_on is not None  # noqa: S101 - the service always answers it
        return message.next_visible_on
