"""Functions that run for a request."""

import logging
from collections.abc import Iterable

from aiohttp import web

from local.host import routes
from local.host.errors import StartError
from local.host.functions import Function, HttpTrigger
from local.host.http_messages import from_worker, to_worker
from local.host.invocations import Invoker
from local.host.keys import Access
from local.host.routes import Template
from local.host.traces import continued
from local.host.urls import decoded_path

_LOG = logging.getLogger("standin.http")


class HttpFunctions:
    """Finds the function for a request and runs it. No such route, or not with this method, is 404."""

    def __init__(
        self, functions: Iterable[Function], route_prefix: str, access: Access, invoker: Invoker, body_limit: int
    ) -> None:
        self._functions = {
            each.name: (each, each.trigger) for each in functions if isinstance(each.trigger, HttpTrigger)
        }
        self._routes = [
            (_template(trigger, route_prefix, name), name) for name, (_, trigger) in sorted(self._functions.items())
        ]
        self._access = access
        self._invoker = invoker
        self._body_limit = body_limit

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        function, trigger, values = self._find(request)
        await self._access.require_level(request, trigger.auth_level, function.name)
        if (request.content_length or 0) > self._body_limit:
            return web.Response(status=500)
        # Like the host, which passes a body on only if its length was announced.
        body = await request.read() if request.content_length else b""
        reason = f"{request.method} {request.rel_url.raw_path}"
        trace = continued(request.headers)
        outcome = await self._invoker.run(function, to_worker(request, body, values), {}, reason, trace)
        if outcome.error is not None:
            return web.Response(status=500)
        try:
            return from_worker(outcome.return_value)
        except ValueError as error:
            _LOG.error("function %s: its answer cannot be sent: %s", function.name, error)
            return web.Response(status=500)

    def _find(self, request: web.Request) -> tuple[Function, HttpTrigger, dict[str, str]]:
        path = decoded_path(request.raw_path.partition("?")[0])
        for template, name in self._routes:
            function, trigger = self._functions[name]
            values = template.match(path) if not trigger.methods or request.method in trigger.methods else None
            if values is not None:
                return function, trigger, values
        raise web.HTTPNotFound(body=b"")


def _template(trigger: HttpTrigger, prefix: str, function: str) -> Template:
    if trigger.route.lower().startswith("admin"):
        raise StartError(f"function {function}: the host refuses a route that begins with admin")
    try:
        return routes.parse(f"{prefix}/{trigger.route}")
    except ValueError as error:
        raise StartError(f"function {function}: {error}") from error
