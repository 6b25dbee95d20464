"""The webhooks through which Event Grid calls: `/runtime/webhooks/<extension>?functionName=...&code=...`.

What is done follows from the header `aeg-event-type` (HttpRequestProcessor in the Event Grid extension, which the
Storage extension uses, too). The key is the extension's system key.
"""

from typing import Protocol

from aiohttp import web

from local.host.access import Access
from local.host.events import validation_code


class Receiver(Protocol):
    """An extension that takes events for functions."""

    @property
    def extension(self) -> str:
        """The extension's name in the path and in the name of its key."""

    def has(self, function: str) -> bool:
        """Tell whether a function with the extension's trigger goes by this name here."""

    async def receive(self, function: str, body: bytes) -> web.Response:
        """Take one event or a list of them; raise ValueError for what is neither."""


class Webhook:
    """Answers Event Grid for one extension."""

    def __init__(self, receiver: Receiver, access: Access) -> None:
        self._receiver = receiver
        self._access = access

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; their case does not matter, and documents write it both ways."""
        path = f"/runtime/webhooks/{{extension:(?i:{self._receiver.extension})}}"
        return [web.post(path, self._handle), web.options(path, self._shake_hands)]

    async def _handle(self, request: web.Request) -> web.Response:
        await self._require_key(request)
        function = request.query.get("functionName", "")
        if not self._receiver.has(function):
            raise web.HTTPNotFound(text=f"cannot find function: {function!r}")
        try:
            return await self._answer(request.headers.get("aeg-event-type", ""), function, await request.read())
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error

    async def _shake_hands(self, request: web.Request) -> web.Response:
        """Answer the abuse protection of CloudEvents: whoever knows the key may send."""
        await self._require_key(request)
        origin = request.headers.get("WebHook-Request-Origin")
        if origin is None:
            raise web.HTTPBadRequest(text="expected the header WebHook-Request-Origin")
        return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})

    async def _answer(self, event_type: str, function: str, body: bytes) -> web.Response:
        match event_type.lower():
            case "subscriptionvalidation":
                return web.json_response({"validationResponse": validation_code(body)})
            case "notification":
                return await self._receiver.receive(function, body)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                raise ValueError("expected aeg-event-type: SubscriptionValidation, Notification or Unsubscribe")

    async def _require_key(self, request: web.Request) -> None:
        await self._access.require_system_key(request, f"{self._receiver.extension}_extension")
