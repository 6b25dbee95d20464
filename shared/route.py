"""A route: which folder goes into which environment, and how."""

import json
from dataclasses import dataclass

from shared.adf.names import EnvironmentId
from shared.adf.sync_request import SyncRequest
from shared.folder.path import FolderPath


@dataclass(frozen=True, slots=True)
class Route:
    """`connection` names the app setting (or settings prefix) with the connection to the folder's storage account."""

    name: str
    environment: EnvironmentId
    folder: FolderPath
    request: SyncRequest
    connection: str

    @property
    def target(self) -> str:
        """What stands for the place that the folder goes to, and how: two routes with the same one are the same."""
        settings = json.dumps(self.request.wire(), sort_keys=True)
        return f"{self.environment.key} {self.connection} {settings}"
