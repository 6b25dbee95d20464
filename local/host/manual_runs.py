"""Runs that a caller of the admin API asks for, of functions that HTTP does not start."""

from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from local.host.blob_trigger import BlobTriggers
from local.host.event_grid_trigger import run_for_event
from local.host.events import parse_events
from local.host.functions import BlobTrigger, EventGridTrigger, Function, QueueTrigger
from local.host.host import Host
from local.host.queue_messages import Message
from local.host.queue_trigger import run_for_message

_LIFE = timedelta(days=7)


def manual_run(host: Host, function: Function, given: str) -> Coroutine[None, None, None]:
    """Return the run: of a timer now, of a queue function for a message, of a blob function for `container/blob`.

    A function with an Event Grid trigger runs for an event. Raises ValueError if the function cannot be run so.
    """
    if function.name in host.timers:
        return host.timers[function.name].run_now()
    if function.disabled:
        raise ValueError(f"{function.name} is disabled")
    if isinstance(function.trigger, QueueTrigger):
        return _queue_run(host, function, function.trigger.queue, given)
    if isinstance(function.trigger, BlobTrigger) and host.blobs:
        container, _, name = given.partition("/")
        if not container or not name:
            raise ValueError('expected {"input": "container/blob"}')
        return _blob_run(host.blobs, function, container, name)
    if isinstance(function.trigger, EventGridTrigger):
        events = parse_events(given.encode())
        if not events:
            raise ValueError("expected an event, got an empty list")
        return _event_run(host, function, events[0])
    raise ValueError(f"{function.name} runs on a request; send it one")


async def _queue_run(host: Host, function: Function, queue: str, body: str) -> None:
    now = datetime.now(UTC)
    message = Message(str(uuid4()), body.encode(), "", 1, now, now + _LIFE, now)
    await run_for_message(function, queue, message, host.invoker)


async def _event_run(host: Host, function: Function, event: Mapping[str, Any]) -> None:
    await run_for_event(function, event, host.invoker)


async def _blob_run(blobs: BlobTriggers, function: Function, container: str, name: str) -> None:
    await blobs.runs.run_latest(blobs.functions[function.host_function_id], container, name)
