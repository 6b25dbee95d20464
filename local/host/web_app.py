"""The stand-in's HTTP side: the app's functions, the webhook of Event Grid and the admin API."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from azure.core.exceptions import AzureError

from local.host import blob_webhook
from local.host.access import Access
from local.host.admin import Admin
from local.host.blob_webhook import BlobWebhook
from local.host.host import Host
from local.host.http_trigger import HttpFunctions
from local.host.keys import CONTAINER, KeyStore
from local.host.listeners import summary

_LOG = logging.getLogger("standin.http")
_HOME = "This is the stand-in Functions host of DAG Relay. Functions: /admin/functions\n"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def web_app(host: Host, *, enable_auth: bool) -> web.Application:
    """Return the web application of a host."""
    storage = host.storage
    keys = KeyStore(storage.blobs.get_container_client(CONTAINER), host.id) if storage else None
    access = Access(keys, enabled=enable_auth)
    config = host.config
    functions = HttpFunctions(host.enabled, config.route_prefix, access, host.invoker, config.body_limit)
    app = web.Application(client_max_size=config.body_limit, middlewares=[_guard])
    app.add_routes([web.get("/", _home, allow_head=False), *Admin(host, access).routes()])
    if host.blobs:
        webhook = BlobWebhook(host.blobs.functions, host.blobs.queue, access)
        app.add_routes(
            [web.post(blob_webhook.PATH, webhook.handle), web.options(blob_webhook.PATH, webhook.shake_hands)]
        )
    app.router.add_route("*", "/{path:.*}", functions.handle)
    return app


async def _home(_request: web.Request) -> web.Response:
    return web.Response(text=_HOME)


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the stand-in itself cannot do: 503 while storage is away, else 500."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except AzureError as error:
        _LOG.warning("%s %s: %s", request.method, request.path, summary(error))
        return web.Response(status=503)
    except Exception:  # noqa: BLE001 - logged, and the server goes on
        _LOG.exception("%s %s", request.method, request.path)
        return web.Response(status=500)
