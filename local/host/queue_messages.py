"""Messages of Storage Queues: how they are stored, and where those go that cannot be handled."""

import base64
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from local.host.storage import create

_LONGEST_NAME = 63
_POISON_SUFFIX = "-poison"


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was taken from a queue; `body` is decoded."""

    id: str
    body: bytes
    pop_receipt: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime


async def send(queue: QueueClient, text: str) -> None:
    """Put a message, as it is stored, into a queue that may not exist yet."""
    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        await create(queue.create_queue())
        await queue.send_message(text)


def poison_name(queue: str) -> str | None:
    """Return the queue for the messages that failed too often; None for one that cannot have such a queue."""
    name = queue + _POISON_SUFFIX
    return None if queue.endswith(_POISON_SUFFIX) or len(name) > _LONGEST_NAME else name


def encode(body: bytes, *, base64_encoded: bool) -> str:
    """Return a message's body as it is stored."""
    return base64.b64encode(body).decode() if base64_encoded else body.decode()


def decode(text: str, *, base64_encoded: bool) -> bytes:
    """Return a stored message's body; raise ValueError if it is not encoded as it should be."""
    # .NET skips white space in base64, wherever it is.
    return base64.b64decode("".join(text.split()), validate=True) if base64_encoded else text.encode()
