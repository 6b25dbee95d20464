"""Functions that run for a message of a queue."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime

from local.host import queue_messages
from local.host.functions import Function, QueueTrigger
from local.host.invocations import Invoker
from local.host.protos import TypedData
from local.host.queue_attempt import Source
from local.host.queue_messages import Message
from local.host.queues import QueueListener, Signals
from local.host.settings import QueueOptions
from local.host.storage import Accounts

_LOG = logging.getLogger("standin.queues")


def queue_listener(
    function: Function, accounts: Accounts, invoker: Invoker, options: QueueOptions, added: Signals
) -> QueueListener:
    """Return the listener of a function with a queue trigger."""
    trigger = function.trigger
    if not isinstance(trigger, QueueTrigger):
        raise TypeError(f"{function.name} has no queue trigger")
    account = accounts.get(trigger.connection)
    poison = queue_messages.poison_name(trigger.queue)

    async def handle(message: Message) -> bool:
        return await run_for_message(function, trigger.queue, message, invoker)

    async def to_poison(text: str) -> None:
        if poison is not None:
            await queue_messages.send(account.queue(poison), text)
            added[poison].set()

    source = Source(account.queue(trigger.queue), options, handle, to_poison if poison else None)
    return QueueListener(source, invoker, added[trigger.queue])


async def run_for_message(function: Function, queue: str, message: Message, invoker: Invoker) -> bool:
    """Run a function for a message; return whether it succeeded. Bytes that are no UTF-8 cannot be bound."""
    try:
        text = message.body.decode()
    except UnicodeDecodeError:
        _LOG.error("queue %s: message %s is not UTF-8; %s is not run", queue, message.id, function.name)
        return False
    reason = f"message {message.id} of queue {queue}, try {message.dequeue_count}"
    outcome = await invoker.run(function, TypedData(string=text), metadata(message, text), reason)
    return outcome.error is None


def metadata(message: Message, text: str) -> dict[str, TypedData]:
    """Return what a function may know of its message, and the properties of a message that is a JSON object."""
    return {
        **json_properties(text),
        "QueueTrigger": TypedData(string=text),
        "Id": TypedData(string=message.id),
        "PopReceipt": TypedData(string=message.pop_receipt),
        "DequeueCount": TypedData(json=str(message.dequeue_count)),
        "InsertionTime": _time(message.inserted),
        "ExpirationTime": _time(message.expires),
        "NextVisibleTime": _time(message.next_visible),
    }


def json_properties(text: str) -> dict[str, TypedData]:
    """Return the properties of a JSON object, for binding expressions; none for anything else."""
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(content, Mapping):
        return {}
    return {name: _property(value) for name, value in content.items()}


def _property(value: object) -> TypedData:
    return TypedData(string=value) if isinstance(value, str) else TypedData(json=json.dumps(value))


def _time(moment: datetime) -> TypedData:
    return TypedData(string=moment.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
