"""The route that a request means: one of the settings' and no other."""

from collections.abc import Iterable
from http import HTTPStatus

import azure.functions as func

from shared.api.problem import Problem
from shared.relay.route import Route


def route_of(request: func.HttpRequest, routes: Iterable[Route]) -> Route:
    """Return the route that the request's path names; raise a Problem (404) for one that the settings do not list."""
    name = request.route_params.get("route")
    route = next((route for route in routes if route.name == name), None)
    if route is None:
        raise Problem(HTTPStatus.NOT_FOUND, "the settings list no route of this name")
    return route
