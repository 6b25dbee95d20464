"""One element of RELAY_ROUTES: a folder, and the environment of Data Factory or the Fabric job that it goes into."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, InstanceOf, Tag

from shared.adf.names import INTEGRATION_RUNTIME, LINKED_SERVICE, EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.fabric.names import FabricJob, PushOptions, guid
from shared.folder.path import FolderPath
from shared.route import Route

HOST_STORAGE = "AzureWebJobsStorage"
ROUTE_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"
TARGETS = ("data-factory", "fabric")

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


def target_of(route: object) -> str:
    """Return where an element of RELAY_ROUTES goes, before it is known to be a valid one."""
    return str(route.get("target", TARGETS[0]) if isinstance(route, dict) else getattr(route, "target", TARGETS[0]))


AnyRoute = Annotated[
    Annotated[RouteSettings, Tag("data-factory")] | Annotated[FabricRouteSettings, Tag("fabric")],
    Discriminator(target_of),
]
