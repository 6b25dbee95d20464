"""Functions that run for an event of Event Grid (EventGridExtensionConfigProvider in the Event Grid extension)."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from local.host.events import parse_events
from local.host.functions import EventGridTrigger, Function
from local.host.invocations import Invoker
from local.host.protos import TypedData
from local.host.worker import Outcome


class EventGridEvents:
    """Takes events for functions with an Event Grid trigger, which go by their plain names.

    Every event is a run, all at once and without a queue in between. One run that fails makes the answer a 500, upon
    which Event Grid sends all of them again.
    """

    extension = "eventgrid"

    def __init__(self, functions: Iterable[Function], invoker: Invoker) -> None:
        self._functions = {each.name: each for each in functions if isinstance(each.trigger, EventGridTrigger)}
        self._invoker = invoker

    def has(self, function: str | None) -> bool:
        """Tell whether there is such a function."""
        return function in self._functions

    async def receive(self, function: str | None, body: bytes) -> web.Response:
        """Run the function for each event."""
        wanted = self._functions[function or ""]
        outcomes = await asyncio.gather(*(run_for_event(wanted, event, self._invoker) for event in parse_events(body)))
        if any(outcome.error is not None for outcome in outcomes):
            return web.Response(status=500, text=f"Exception while executing function: Functions.{wanted.name}")
        return web.Response(status=202)


async def run_for_event(function: Function, event: Mapping[str, Any], invoker: Invoker) -> Outcome:
    """Run a function for an event of either schema, which it gets as JSON."""
    metadata = {"data": TypedData(json=json.dumps(event.get("data")))}
    return await invoker.run(function, TypedData(json=json.dumps(event)), metadata, f"event {event.get('id')}")
