"""A route: which folder goes into which environment, and how."""

import json
from dataclasses import dataclass

from shared.adf.names import EnvironmentId
from shared.adf.sync_request import SyncRequest
from shared.fabric.names import FabricJob, PushOptions
from shared.folder.path import FolderPath


@dataclass(frozen=True, slots=True)
class Route:
    """`connection` names the app setting (or settings prefix) with the connection to the folder's storage account.

    `environment` says which target it is, and `request` how the folder goes there: Data Factory reads it itself, into a
    Fabric job the relay sends the files one by one.
    """

    name: str
    environment: EnvironmentId | FabricJob
    folder: FolderPath
    request: SyncRequest | PushOptions
    connection: str

    @property
    def adf(self) -> tuple[EnvironmentId, SyncRequest]:
        """What Data Factory needs; raises TypeError for a route that does not go there."""
        match self.environment, self.request:
            case EnvironmentId() as environment, SyncRequest() as request:
                return environment, request
        raise TypeError(f"route {self.name} does not go into Data Factory")

    @property
    def fabric(self) -> tuple[FabricJob, PushOptions]:
        """What Fabric needs; raises TypeError for a route that does not go there."""
        match self.environment, self.request:
            case FabricJob() as job, PushOptions() as options:
                return job, options
        raise TypeError(f"route {self.name} does not go into Fabric")

    @property
    def is_pushed(self) -> bool:
        """Whether the relay sends the files itself, and so knows of each one whether it has arrived."""
        return isinstance(self.request, PushOptions)

    @property
    def service(self) -> str:
        """The service that the folder goes to, as sentences about the route name it."""
        return "Fabric" if self.is_pushed else "ADF"

    @property
    def deletes(self) -> bool:
        """Whether a file that is deleted from the folder is deleted from the environment, too."""
        return isinstance(self.request, PushOptions) and self.request.deletes == "carry"

    @property
    def installs_requirements(self) -> bool:
        """Whether `requirements.txt` of the folder is installed in the environment."""
        if isinstance(self.request, PushOptions):
            return self.request.requirements == "deploy"
        return self.request.add_requirements_from_file

    @property
    def target(self) -> str:
        """What stands for the place that the folder goes to, and how: two routes with the same one are the same.

        What was sent to a Fabric job stays there, whatever the options say by now.
        """
        if isinstance(self.request, PushOptions):
            return self.environment.key
        settings = json.dumps(self.request.wire(), sort_keys=True)
        return f"{self.environment.key} {self.connection} {settings}"
