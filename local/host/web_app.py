"""The stand-in's HTTP side: the app's functions, the webhooks of Event Grid and the admin API."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from azure.core.exceptions import AzureError

from local.host.admin import Admin
from local.host.blob_trigger import BlobEvents
from local.host.event_grid_trigger import EventGridEvents
from local.host.host import Host
from local.host.http_trigger import HttpFunctions
from local.host.keys import CONTAINER, Access, KeyStore
from local.host.listeners import summary
from local.host.webhooks import Webhook

_LOG = logging.getLogger("standin.http")
_HOME = "This is the stand-in Functions host of DAG Relay. Functions: /admin/functions\n"
# A line of the request beyond 8 KB, and more than 100 headers.
_LONGEST_TARGET = 8192 - len("GET  HTTP/1.1\r\n")
_MOST_HEADERS = 100
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def web_app(host: Host, *, enable_auth: bool) -> web.Application:
    """Return the web application of a host."""
    storage = host.storage
    keys = KeyStore(storage.blobs.get_container_client(CONTAINER), host.id) if storage else None
    access = Access(keys, enabled=enable_auth)
    config = host.config
    functions = HttpFunctions(host.enabled, config.route_prefix, access, host.invoker, config.body_limit)
    app = web.Application(client_max_size=config.body_limit, middlewares=[_kestrel, _guard])
    app.add_routes([web.get("/", _home, allow_head=False), *Admin(host, access).routes()])
    app.add_routes(Webhook(EventGridEvents(host.enabled, host.invoker), access).routes())
    if host.blobs:
        app.add_routes(Webhook(BlobEvents(host.blobs.queue), access).routes())
    app.router.add_route("*", r"/{path:(?s:.*)}", functions.handle)
    return app


async def _home(_request: web.Request) -> web.Response:
    return web.Response(text=_HOME)


@web.middleware
async def _kestrel(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what the web server of .NET refuses before the host sees it."""
    status = _refusal(request)
    return await handler(request) if status is None else web.Response(status=status)


def _refusal(request: web.Request) -> int | None:
    if len(request.raw_path) > _LONGEST_TARGET:
        return 414
    if len(request.headers) > _MOST_HEADERS:
        return 431
    has_nul = "%00" in request.raw_path.partition("?")[0]
    return 400 if has_nul or any("\udc80" <= c <= "\udcff" for v in request.headers.values() for c in v) else None


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 500 for what the host cannot do, as while storage is away."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except AzureError as error:
        _LOG.warning("%s %s: %s", request.method, request.path, summary(error))
        return web.Response(status=500)
    except Exception:  # noqa: BLE001 - logged, and the server goes on
        _LOG.exception("%s %s", request.method, request.path)
        return web.Response(status=500)
