"""The body of `airflow/sync`, which makes ADF import a DAG folder (Microsoft's REST page, "Import DAGs")."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """Which folder goes into which environment, and how; on the wire these are the REST page's six PascalCase keys."""

    integration_runtime_name: str
    linked_service_name: str
    storage_folder_path: str
    overwrite: bool = True
    copy_folder_structure: bool = True
    add_requirements_from_file: bool = True

    def wire(self) -> dict[str, object]:
        """Return the JSON object to send."""
        return {name.title().replace("_", ""): value for name, value in asdict(self).items()}
