"""The webhook through which Event Grid starts blob functions: `/runtime/webhooks/blobs?functionName=...&code=...`.

What is done follows from the header `aeg-event-type` (BlobTriggerExtensionConfig in the Storage extension). There are
no receipts here: an event that comes twice runs twice.
"""

from collections.abc import Mapping

from aiohttp import web

from local.host.access import Access
from local.host.blob_queue import BlobFunction, BlobQueue
from local.host.blob_runs import quoted
from local.host.events import BlobEvent, blob_events, blob_of_url, validation_code
from local.host.receipts import BlobVersion

PATH = "/runtime/webhooks/blobs"
SYSTEM_KEY = "blobs_extension"


class BlobWebhook:
    """Takes Event Grid's posts."""

    def __init__(self, functions: Mapping[str, BlobFunction], queue: BlobQueue, access: Access) -> None:
        self._functions = functions
        self._queue = queue
        self._access = access

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a post of Event Grid."""
        await self._access.require_system_key(request, SYSTEM_KEY)
        function = self._functions.get(request.query.get("functionName", ""))
        if function is None:
            raise web.HTTPNotFound(text="functionName names no function with a blob trigger")
        try:
            return await self._answer(request.headers.get("aeg-event-type", ""), function, await request.read())
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error

    async def shake_hands(self, request: web.Request) -> web.Response:
        """Answer the abuse protection of CloudEvents: whoever knows the key may send."""
        await self._access.require_system_key(request, SYSTEM_KEY)
        origin = request.headers.get("WebHook-Request-Origin")
        if origin is None:
            raise web.HTTPBadRequest(text="expected the header WebHook-Request-Origin")
        return web.Response(headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*"})

    async def _answer(self, event_type: str, function: BlobFunction, body: bytes) -> web.Response:
        match event_type.lower():
            case "subscriptionvalidation":
                return web.json_response({"validationResponse": validation_code(body)})
            case "notification":
                for blob in _blobs(blob_events(body), function):
                    await self._queue.send(function, blob)
                return web.Response(status=202)
            case "unsubscribe":
                return web.Response(status=202)
            case _:
                raise ValueError("expected aeg-event-type: SubscriptionValidation, Notification or Unsubscribe")


def _blobs(events: list[BlobEvent], function: BlobFunction) -> list[BlobVersion]:
    """Return the blobs that the function wants."""
    endpoint = function.account.blobs.url
    found = [(*blob_of_url(event.url, endpoint), event.etag) for event in events]
    return [
        BlobVersion(container, name, quoted(etag))
        for container, name, etag in found
        if function.path.match(container, name) is not None
    ]
