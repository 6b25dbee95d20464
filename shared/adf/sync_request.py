"""The body of `airflow/sync`, which makes ADF import a DAG folder (Microsoft's REST page, "Import DAGs")."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal


class SyncRequest(BaseModel):
    """Which folder goes into which environment, and how; on the wire these are the REST page's six PascalCase keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_pascal, populate_by_name=True)

    integration_runtime_name: str
    linked_service_name: str
    storage_folder_path: str
    overwrite: bool = True
    copy_folder_structure: bool = True
    add_requirements_from_file: bool = True

    def wire(self) -> dict[str, object]:
        """Return the JSON object to send."""
        return self.model_dump(by_alias=True)
