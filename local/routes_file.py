"""The list of routes from a file: put into the app's storage, from where the app reads it, as in Azure."""

from dataclasses import dataclass
from pathlib import Path

from local.app_settings import ROUTES_BLOB
from local.errors import LocalError
from local.shapes import Storage

_CONTAINER, _NAME = "relay-settings", "routes.json"


@dataclass(frozen=True, slots=True)
class RoutesFile:
    """A file with what RELAY_ROUTES_BLOB names, or none."""

    path: Path | None

    @property
    def settings(self) -> dict[str, str]:
        """The app's settings that name the blob."""
        return {ROUTES_BLOB: f"{_CONTAINER}/{_NAME}"} if self.path else {}

    def read(self, _place: str) -> str:
        """Return the list; raise LocalError where the settings name a blob and there is no file to make it from."""
        if self.path is None:
            raise LocalError(f"{ROUTES_BLOB}: the stack's storage begins empty; give the list with --routes FILE")
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise LocalError(f"--routes: the file cannot be read: {error}") from None

    def put_into(self, storage: Storage) -> None:
        """Upload the file, where there is one, into the app's own account."""
        from azure.storage.blob import BlobServiceClient

        if self.path is None:
            return
        trusted = storage.certificate.bundle if storage.certificate else True
        connection = storage.own.connection_string
        with BlobServiceClient.from_connection_string(connection, connection_verify=trusted) as blobs:
            blobs.create_container(_CONTAINER).upload_blob(_NAME, self.path.read_bytes())
