"""The DAG folder in Blob Storage, and which of its blobs ADF imports."""

import re
from dataclasses import dataclass

from shared.adf.imported import check_of, why_ignored

_CONTAINER = re.compile(r"(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*")
_OWN_CONTAINERS = re.compile(r"dag-relay|azure-webjobs-.*")


@dataclass(frozen=True, slots=True)
class FolderPath:
    """A folder of a container; `prefix` is its path without slashes at its ends, empty for the container itself."""

    container: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> "FolderPath":
        """Read `container/folder`; raise ValueError, which says what was expected, for what ADF could not import."""
        container, *segments = text.strip("/").split("/")
        if not _CONTAINER.fullmatch(container):
            raise ValueError("expected container/folder, where a container has 3 to 63 characters of a-z, 0-9 and -")
        if _OWN_CONTAINERS.fullmatch(container):
            raise ValueError("this container holds the app's own state; expected the container with the DAG files")
        if any(segment in {"", ".", ".."} for segment in segments):
            raise ValueError("a folder path has no empty parts and no . or ..")
        if segments and segments[-1].lower() == "dags":
            raise ValueError("expected the folder that contains dags/, not dags itself: leave out the last part")
        return cls(container, "/".join(segments))

    def __str__(self) -> str:
        return f"{self.container}/{self.prefix}" if self.prefix else self.container

    @property
    def listing_prefix(self) -> str:
        """What the name of each blob in the folder starts with."""
        return f"{self.prefix}/" if self.prefix else ""

    def blob_name(self, path: str) -> str | None:
        """Return the name, below the container, of a file that ADF imports; None for a path that is none.

        The path may be that name or relative to the folder; where it could be both, it is that name.
        """
        names = (path, f"{self.listing_prefix}{path}")
        return next((name for name in names if self.imports(self.container, name)), None)

    def imports(self, container: str, blob_name: str) -> bool:
        """Whether ADF's import of this folder takes the blob; a temporary file is not taken."""
        return self._holds(container, blob_name) and self.why_ignored(blob_name) is None

    def why_ignored(self, path: str) -> str | None:
        """Return why ADF's import does not take a file, by its path below the container or the folder, else None."""
        return why_ignored(str(self), self._path(path))

    def check_of(self, container: str, blob_name: str) -> str | None:
        """Return the id of the check that the blob was written for, if it is one in this folder."""
        return check_of(self._path(blob_name)) if self._holds(container, blob_name) else None

    def _holds(self, container: str, blob_name: str) -> bool:
        return container == self.container and blob_name.startswith(self.listing_prefix)

    def _path(self, blob_name: str) -> str:
        return blob_name.removeprefix(self.listing_prefix)
