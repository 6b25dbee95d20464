"""The routes API on a world in memory, and requests to it."""

import json
from typing import Any
from urllib.parse import urlencode

import azure.functions as func

from shared.api.routes.routes import RoutesApi
from shared.api.routes.shown import SharedSettings
from shared.api.routes.syncs import SyncsApi
from shared.api.routes.waiting import Waiting
from tests.unit.memory import make_route
from tests.unit.world import ROUTE, World

ROUTES = [ROUTE, make_route("other")]


def routes_api(world: World) -> RoutesApi:
    shared = SharedSettings(world.policy, "0 */5 * * * *")
    return RoutesApi(
        routes=ROUTES,
        states=world.states,
        baselines=world.baselines,
        airflow_books=world.engine.airflow_books,
        commands=world.commands,
        find_file=world.find_file,
        shared=shared,
    )


def syncs_api(world: World, waiting: Waiting | None = None) -> SyncsApi:
    return SyncsApi(ROUTES, world.commands, world.records, world.engine.dry_runs, waiting or Waiting())


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
