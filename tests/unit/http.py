"""The routes API on a world in memory, and requests to it."""

import json
from typing import Any
from urllib.parse import urlencode

import azure.functions as func

from shared.api.routes.routes import RoutesApi
from shared.api.routes.shown import Shared
from shared.api.routes.syncs import SyncsApi
from shared.api.routes.waiting import Waiting
from shared.sync.dry_run import Previews
from shared.sync.execute import Inspection
from tests.unit.memory import make_route
from tests.unit.world import ROUTE, World

ROUTES = [ROUTE, make_route("other")]


def routes_api(world: World) -> RoutesApi:
    shared = Shared(world.policy, "0 */5 * * * *", world.checks)
    return RoutesApi(ROUTES, world.states, world.baselines, world.operator, world.find_file, shared)


def syncs_api(world: World, waiting: Waiting | None = None) -> SyncsApi:
    inspection = Inspection(world.checks, world.read_files)
    previews = Previews(world.states, world.baselines, lambda _: world.folder, inspection, world.policy)
    return SyncsApi(ROUTES, world.operator, world.records, previews, waiting or Waiting())


def request(params: dict[str, str] | None = None, **route_params: str) -> func.HttpRequest:
    return func.HttpRequest(
        method="GET",
        url=f"/api/routes?{urlencode(params or {})}",
        params=params or {},
        route_params={"route": "default"} | route_params,
        body=b"",
    )


def body_of(response: func.HttpResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.get_body())
    return body
