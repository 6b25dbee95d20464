"""Functions that run for a request."""

from collections.abc import Iterable

from aiohttp import web

from local.host import routes
from local.host.access import Access
from local.host.errors import StartError
from local.host.functions import Function, HttpTrigger
from local.host.http_messages import from_worker, to_worker
from local.host.invocations import Invoker
from local.host.protos import TypedData
from local.host.routes import Template
from local.host.traces import continued
from local.host.worker import Outcome


class HttpFunctions:
    """Finds the function for a request and runs it. No such route, or not with this method, is 404."""

    def __init__(
        self, functions: Iterable[Function], route_prefix: str, access: Access, invoker: Invoker, body_limit: int
    ) -> None:
        self._functions = {
            each.name: (each, each.trigger) for each in functions if isinstance(each.trigger, HttpTrigger)
        }
        self._routes = routes.by_precedence(
            (_template(trigger, route_prefix, name), name) for name, (_, trigger) in self._functions.items()
        )
        self._access = access
        self._invoker = invoker
        self._body_limit = body_limit

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request."""
        function, trigger, values = self._find(request)
        await self._access.require_level(request, trigger.auth_level, function.name)
        if (request.content_length or 0) > self._body_limit:
            raise web.HTTPRequestEntityTooLarge(self._body_limit, request.content_length or 0)
        # Like the host, which passes a body on only if its length was announced.
        body = await request.read() if request.content_length else b""
        reason = f"{request.method} {request.rel_url.raw_path}"
        trace = continued(request.headers)
        outcome = await self._invoker.run(function, to_worker(request, body, values), {}, reason, trace)
        return web.Response(status=500) if outcome.error is not None else from_worker(_result(function, outcome))

    def _find(self, request: web.Request) -> tuple[Function, HttpTrigger, dict[str, str]]:
        path = routes.decode_path(request.raw_path.partition("?")[0])
        for template, name in self._routes:
            function, trigger = self._functions[name]
            values = template.match(path) if not trigger.methods or request.method in trigger.methods else None
            if values is not None:
                return function, trigger, values
        raise web.HTTPNotFound(body=b"")


def _template(trigger: HttpTrigger, prefix: str, function: str) -> Template:
    try:
        return routes.parse(f"{prefix}/{trigger.route}")
    except ValueError as error:
        raise StartError(f"function {function}: {error}") from error


def _result(function: Function, outcome: Outcome) -> TypedData | None:
    name = next((each["name"] for each in function.bindings if each["type"] == "http"), None)
    return outcome.return_value if name == "$return" else outcome.outputs.get(str(name))
