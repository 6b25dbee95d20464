"""Functions that run for a request: which one it is, and request and answer in the worker's words."""

import logging
from collections.abc import Iterable, Mapping

from aiohttp import web
from multidict import CIMultiDict, MultiMapping

from local.host import routes
from local.host.errors import StartError
from local.host.functions import Function, HttpTrigger
from local.host.invocations import Invoker
from local.host.keys import Access
from local.host.protos import Message, TypedData
from local.host.routes import Template
from local.host.traces import continued
from local.host.urls import Query, decoded_path

_LOG = logging.getLogger("standin.http")
# These describe a message on its way, which is the server's business.
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


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
        outcome = await self._invoker.run(function, _to_worker(request, body, values), {}, reason, trace)
        if outcome.error is not None:
            return web.Response(status=500)
        try:
            return _from_worker(outcome.return_value)
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


def _to_worker(request: web.Request, body: bytes, route_values: Mapping[str, str]) -> TypedData:
    """Return a request as the host sends it: lower-case headers, empty query values left out, the body as bytes."""
    return TypedData(
        http=Message(
            method=request.method,
            url=str(request.url),
            headers={name.lower(): value for name, value in _joined(request.headers)},
            query={name: value for name, value in Query(request.rel_url.raw_query_string).joined().items() if value},
            params=dict(route_values),
            body=TypedData(bytes=body) if body else TypedData(),
        )
    )


def _from_worker(data: TypedData | None) -> web.Response:
    """Return a function's value as a response; raise ValueError for headers with which no answer can be sent."""
    kind = data.WhichOneof("data") if data else None
    if data is None or kind is None:
        return web.Response(status=204)
    if kind == "http":
        return _response(data.http)
    return web.Response(body=_bytes(data), content_type="application/json" if kind == "json" else "text/plain")


def _response(http: Message) -> web.Response:
    given, body = CIMultiDict(http.headers.items()), _bytes(http.body)
    if not all(value.isascii() for value in given.values()):
        raise ValueError("a header's value is not ASCII")
    if "Content-Length" in given and given["Content-Length"] != str(len(body)):
        raise ValueError("Content-Length is not the body's")
    headers = CIMultiDict((name, value) for name, value in given.items() if name.lower() not in _HOP_BY_HOP)
    return web.Response(status=int(http.status_code), headers=headers, body=body)


def _bytes(data: TypedData | None) -> bytes:
    if data is None or data.WhichOneof("data") is None:
        return b""
    value = next(iter(vars(data).values()))
    return value if isinstance(value, bytes) else str(value).encode()


def _joined(values: MultiMapping[str]) -> Iterable[tuple[str, str]]:
    return ((name, ",".join(values.getall(name))) for name in dict.fromkeys(values))
