"""The routes as the operator sets them: one by a few variables, or a list of many in JSON."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, InstanceOf, Tag

from shared.adf.names import INTEGRATION_RUNTIME, LINKED_SERVICE, EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.fabric.names import FabricJob, PushOptions, guid
from shared.folder.path import FolderPath
from shared.route import Route
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

_Folder = Annotated[InstanceOf[FolderPath], BeforeValidator(FolderPath.parse)]
_Connection = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class _RouteSettings(BaseModel):
    """What all routes begin with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=ROUTE_NAME)]


class RouteSettings(_RouteSettings):
    """One element of RELAY_ROUTES that goes into Data Factory."""

    target: Literal["data-factory"] = "data-factory"
    factory: Annotated[InstanceOf[FactoryId], BeforeValidator(FactoryId.parse)]
    environment: Annotated[str, BeforeValidator(INTEGRATION_RUNTIME.check)]
    linked_service: Annotated[str, BeforeValidator(LINKED_SERVICE.check)]
    folder: _Folder
    connection: _Connection = HOST_STORAGE
    overwrite: bool = True
    copy_folder_structure: bool = True
    add_requirements_from_file: bool = True

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


class FabricRouteSettings(_RouteSettings):
    """One element of RELAY_ROUTES that goes into a Fabric Apache Airflow job."""

    target: Literal["fabric"]
    workspace: Annotated[str, AfterValidator(guid)]
    job: Annotated[str, AfterValidator(guid)]
    folder: _Folder
    connection: _Connection = HOST_STORAGE
    requirements: Literal["report", "deploy"] = "report"
    deletes: Literal["carry", "report"] = "carry"

    def route(self) -> Route:
        """Return the route that the settings describe."""
        job, options = FabricJob(self.workspace, self.job), PushOptions(self.requirements, self.deletes)
        return Route(self.name, job, self.folder, options, connection=self.connection)


TARGETS = ("data-factory", "fabric")


def _target(route: object) -> str:
    return str(route.get("target", TARGETS[0]) if isinstance(route, dict) else getattr(route, "target", TARGETS[0]))


AnyRoute = Annotated[
    Annotated[RouteSettings, Tag("data-factory")] | Annotated[FabricRouteSettings, Tag("fabric")],
    Discriminator(_target),
]


def parse_routes(text: str | None, single: Mapping[str, str]) -> object:
    """Return the routes for the model to check; it also refuses what is not a JSON list."""
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
