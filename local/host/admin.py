"""The host's admin API, as far as a developer needs it, and the stand-in's own counts."""

import json
import time

from aiohttp import web

from local.host.functions import Function, HttpTrigger
from local.host.host import Host
from local.host.keys import Access
from local.host.manual_runs import manual_run

VERSION = "stand-in"


class Admin:
    """Answers /admin/... and /_standin/..."""

    def __init__(self, host: Host, access: Access) -> None:
        self._host = host
        self._access = access
        self._begin = time.monotonic()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/_standin/invocations", self._invocations),
            web.get("/admin/host/ping", self._ping),
            web.post("/admin/host/ping", self._ping),
            web.get("/admin/host/status", self._status),
            web.get("/admin/host/systemkeys/{name}", self._system_key),
            web.get("/admin/functions", self._list),
            web.get("/admin/functions/{name}", self._describe),
            web.post("/admin/functions/{name}", self._run),
        ]

    async def _invocations(self, _request: web.Request) -> web.Response:
        return web.json_response(self._host.invoker.counts())

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def _status(self, request: web.Request) -> web.Response:
        await self._access.require_admin(request)
        uptime = int((time.monotonic() - self._begin) * 1000)
        return web.json_response(
            {"id": self._host.id, "state": "Running", "version": VERSION, "processUptime": uptime, "errors": []}
        )

    async def _system_key(self, request: web.Request) -> web.Response:
        await self._access.require_admin(request)
        name = request.match_info["name"]
        key = await self._access.system_key(name)
        if key is None:
            raise web.HTTPNotFound(body=b"")
        return web.json_response({"name": name, "value": key})

    async def _list(self, request: web.Request) -> web.Response:
        await self._access.require_admin(request)
        return web.json_response([self._description(each, request) for each in self._host.functions.values()])

    async def _describe(self, request: web.Request) -> web.Response:
        return web.json_response(self._description(await self._wanted(request), request))

    def _description(self, function: Function, request: web.Request) -> dict[str, object]:
        trigger, url = function.trigger, None
        if isinstance(trigger, HttpTrigger):
            path = "/".join(filter(None, (self._host.config.route_prefix, trigger.route)))
            url = f"{request.url.origin()}/{path}"
        return {
            "name": function.name,
            "language": "python",
            "isDisabled": function.disabled,
            "invoke_url_template": url,
            "config": {"name": function.name, "bindings": list(function.bindings)},
        }

    async def _run(self, request: web.Request) -> web.Response:
        function = await self._wanted(request)
        if not request.headers.get("Content-Type", "").lower().startswith("application/json"):
            raise web.HTTPUnsupportedMediaType(body=b"")
        try:
            work = manual_run(self._host, function, _input(await request.read()))
        except (ValueError, RecursionError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        self._host.invoker.in_background(work)
        return web.Response(status=202)

    async def _wanted(self, request: web.Request) -> Function:
        await self._access.require_admin(request)
        function = self._host.functions.get(request.match_info["name"])
        if function is None:
            raise web.HTTPNotFound(body=b"")
        return function


def _input(body: bytes) -> str:
    content = json.loads(body or b"{}")
    if not isinstance(content, dict):
        raise ValueError('expected {"input": "..."}')  # noqa: TRY004 - one error for all that is malformed
    given = content.get("input") or ""
    return given if isinstance(given, str) else json.dumps(given)
