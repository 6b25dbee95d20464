"""The webhooks through which Event Grid calls: `/runtime/webhooks/<extension>?functionName=...&code=...`.

What is done follows from the header `aeg-event-type`, whatever the method (HttpRequestProcessor in the Event Grid
extension, which the Storage extension uses, too). The key is the extension's system key. A body that is not understood
is an exception there, and so a 500, after which Event Grid tries again.
"""

import json
from typing import Protocol

from aiohttp import web

from local.host.events import validation_code
from local.host.keys import Access
from local.host.urls import Query

_ORIGIN = "eventgrid.azure.net"


class Receiver(Protocol):
    """An extension that takes events for functions."""

    @property
    def extension(self) -> str:
        """The extension's name in the path and in the name of its key."""

    def has(self, function: str | None) -> bool:
        """Tell whether events for a function of this name are taken here."""

    async def receive(self, function: str | None, body: bytes) -> web.Response:
        """Take one event or a list of them; raise ValueError for what is neither."""


class Webhook:
    """Answers Event Grid for one extension."""

    def __init__(self, receiver: Receiver, access: Access) -> None:
        self._receiver = receiver
        self._access = access

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; their case does not matter, and documents write it both ways."""
        path = f"/{{path:(?i:runtime/webhooks/{self._receiver.extension})/?}}"
        return [web.route("*", path, self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        await self._access.require_system_key(request, f"{self._receiver.extension}_extension")
        if request.method == "OPTIONS":
            # The abuse protection of CloudEvents: Event Grid may send, at any rate.
            return web.Response(headers={"Webhook-Allowed-Origin": _ORIGIN})
        function = Query(request.rel_url.raw_query_string).get("functionName")
        if not self._receiver.has(function):
            raise web.HTTPNotFound(text=f"cannot find function: '{function or ''}'")
        try:
            return await self._answer(request.headers.get("aeg-event-type", ""), function, await request.read())
        except ValueError:
            return web.Response(status=500)

    async def _answer(self, event_type: str, function: str | None, body: bytes) -> web.Response:
        match event_type.lower():
            case "subscriptionvalidation":
                return web.Response(text=json.dumps({"validationResponse": validation_code(body)}))
            case "notification":
                return await self._receiver.receive(function, body)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                return web.Response(status=400)
