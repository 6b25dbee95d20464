"""The routes as the operator sets them: one by a few variables, or a list of many in JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.adf.names import INTEGRATION_RUNTIME, LINKED_SERVICE, EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.fabric.names import FabricJob, PushOptions, guid
from shared.folder.path import FolderPath
from shared.route import Route
from shared.setting_values import one_of, read, read_each, setting, text_as, text_like, true_or_false
from shared.storage.connections import HOST_STORAGE

ROUTE_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"

# The variables that describe the one route named `default`, by the key that the same thing has in RELAY_ROUTES.
SINGLE_ROUTE = {
    "factory": "RELAY_FACTORY",
    "environment": "RELAY_ENVIRONMENT",
    "linked_service": "RELAY_LINKED_SERVICE",
    "folder": "RELAY_FOLDER",
    "connection": "RELAY_CONNECTION",
}
SHARED_BY_ROUTES = ("factory", "connection")

_NAME = text_like(ROUTE_NAME, "1 to 63 characters of a-z, 0-9 and -, with no - at either end")
_FOLDER = text_as(FolderPath.parse)
_CONNECTION = text_like(r"[A-Za-z][A-Za-z0-9_]*", "the name of an app setting: a letter, then letters, digits and _")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """One element of RELAY_ROUTES that goes into Data Factory."""

    name: str = setting(_NAME)
    target: Literal["data-factory"] = setting(one_of("data-factory"), "data-factory")
    factory: FactoryId = setting(text_as(FactoryId.parse))
    environment: str = setting(text_as(INTEGRATION_RUNTIME.check))
    linked_service: str = setting(text_as(LINKED_SERVICE.check))
    folder: FolderPath = setting(_FOLDER)
    connection: str = setting(_CONNECTION, HOST_STORAGE)
    overwrite: bool = setting(true_or_false, default=True)
    copy_folder_structure: bool = setting(true_or_false, default=True)
    add_requirements_from_file: bool = setting(true_or_false, default=True)

    def route(self) -> Route:
        """Return the route that the settings describe."""
        request = SyncRequest(
            integration_runtime_name=self.environment,
            linked_service_name=self.linked_service,
            storage_folder_path=str(self.folder),
            overwrite=self.overwrite,
            copy_folder_structure=self.copy_folder_structure,
            add_requirements_from_file=self.add_requirements_from_file,
        )
        return Route(
            self.name, EnvironmentId(self.factory, self.environment), self.folder, request, connection=self.connection
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FabricRouteSettings:
    """One element of RELAY_ROUTES that goes into a Fabric Apache Airflow job."""

    name: str = setting(_NAME)
    target: Literal["fabric"] = setting(one_of("fabric"))
    workspace: str = setting(text_as(guid))
    job: str = setting(text_as(guid))
    folder: FolderPath = setting(_FOLDER)
    connection: str = setting(_CONNECTION, HOST_STORAGE)
    requirements: Literal["report", "deploy"] = setting(one_of("report", "deploy"), "report")
    deletes: Literal["carry", "report"] = setting(one_of("carry", "report"), "carry")

    def route(self) -> Route:
        """Return the route that the settings describe."""
        job, options = FabricJob(self.workspace, self.job), PushOptions(self.requirements, self.deletes)
        return Route(self.name, job, self.folder, options, connection=self.connection)


AnyRoute = RouteSettings | FabricRouteSettings
_KINDS: Mapping[str, type[AnyRoute]] = {"data-factory": RouteSettings, "fabric": FabricRouteSettings}


def _target(route: Mapping[str, object]) -> object:
    return route.get("target", "data-factory")


def read_routes(listed: object) -> tuple[AnyRoute, ...]:
    """Read the list of routes; raise ValuesError, or ValueError for what is not right of all of them together."""
    if not isinstance(listed, list):
        raise ValueError("expected a JSON list of routes")  # noqa: TRY004 - a reader raises one error
    routes = read_each(listed, _read_route)
    if len({route.name for route in routes}) < max(1, len(routes)):
        raise ValueError("expected at least one route, and a name of its own for each")
    jobs = [route.job.lower() for route in routes if isinstance(route, FabricRouteSettings)]
    if len(set(jobs)) < len(jobs):
        raise ValueError("expected one route for each Fabric job: what one sends, another one would delete")
    return routes


def _read_route(element: object) -> AnyRoute:
    if not isinstance(element, dict):
        raise ValueError("expected a JSON object that describes a route")  # noqa: TRY004 - as above
    target = _target(element)
    if not isinstance(target, str) or target not in _KINDS:
        raise ValueError(f"expected the target to be one of: {', '.join(_KINDS)}")
    return read(_KINDS[target], element, "there is no such key")


def parse_routes(text: str | None, single: Mapping[str, str]) -> object:
    """Return the routes for `read_routes`, which also refuses what is not a JSON list."""
    if text is None:
        return [{"name": "default", **single}]
    try:
        routes = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(routes, list):
        return routes
    return [_shared(route, single) | route if isinstance(route, dict) else route for route in routes]


def _shared(route: Mapping[str, Any], single: Mapping[str, str]) -> dict[str, str]:
    """Return what a route does not say itself; only those of Data Factory have a factory."""
    keys = ("connection",) if _target(route) == "fabric" else SHARED_BY_ROUTES
    return {key: single[key] for key in keys if key in single}
