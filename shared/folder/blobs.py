"""Reading a folder from Blob Storage: one listing without content, one file, or the content of some files."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from shared.errors import FolderUnreadable
from shared.folder.manifest import File, Manifest
from shared.folder.path import FolderPath
from shared.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from azure.core.exceptions import AzureError
    from azure.storage.blob import BlobProperties, BlobServiceClient

_LONGEST_MESSAGE = 300
# Not found, and refused as a name that no blob can have, like one of more than 1,024 characters.
_NO_SUCH_BLOB = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})


@dataclass(frozen=True, slots=True)
class BlobFolders:
    """The folders of routes; `connect` returns the client of a connection."""

    connect: "Callable[[str], BlobServiceClient]"

    def list(self, route: Route) -> Manifest:
        """Return the route's folder as it is now; see `list_folder`."""
        return list_folder(self.connect(route.connection), route.folder)

    def find(self, route: Route, name: str) -> File | None:
        """Return one file of the route's folder; see `find_file`."""
        return find_file(self.connect(route.connection), route.folder, name)

    def fetch(self, route: Route, file: File) -> bytes | None:
        """Return the bytes of one version of a file; see `fetch_file`."""
        return fetch_file(self.connect(route.connection), route.folder, file)

    def read(self, route: Route, names: Iterable[str]) -> dict[str, bytes]:
        """Return the content of files of the route's folder; see `read_files`."""
        return read_files(self.connect(route.connection), route.folder, names)


def list_folder(blobs: "BlobServiceClient", folder: FolderPath) -> Manifest:
    """Return the folder as it is now; a container that does not exist is a folder without files.

    The listing's time is that of its first page: what is written while later pages come is younger. Raises
    FolderUnreadable where the storage refuses or does not answer, after the tries that its client makes.
    """
    from azure.core.exceptions import AzureError

    try:
        return _list(blobs, folder)
    except AzureError as error:
        raise unreadable(error) from error


def _list(blobs: "BlobServiceClient", folder: FolderPath) -> Manifest:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.blob import StorageErrorCode

    times: list[datetime] = []

    def note_time(response: Any) -> None:  # noqa: ANN401 - azure-core's PipelineResponse is generic over transports
        times.append(parsedate_to_datetime(response.http_response.headers["Date"]))

    listing = blobs.get_container_client(folder.container).list_blobs(
        name_starts_with=folder.listing_prefix, include=["metadata"], raw_response_hook=note_time
    )
    try:
        files = [_file(blob) for blob in listing if _is_file(blob) and folder.imports(folder.container, blob.name)]
    except ResourceNotFoundError as missing:
        response: Any = missing.response
        if response.headers.get("x-ms-error-code") != StorageErrorCode.CONTAINER_NOT_FOUND:
            raise
        return Manifest((), parsedate_to_datetime(response.headers["Date"]))
    return Manifest(tuple(sorted(files, key=lambda file: file.name)), times[0])


def unreadable(error: "AzureError") -> FolderUnreadable:
    """Return what the storage said, or that it said nothing; the first line, since the others are of its transport."""
    said = getattr(error, "error_code", None)
    lines = str(error.message).splitlines() or [""]
    return FolderUnreadable(lines[0][:_LONGEST_MESSAGE], code=str(getattr(said, "value", said) or type(error).__name__))


def find_file(blobs: "BlobServiceClient", folder: FolderPath, name: str) -> File | None:
    """Return one file as it is now, by its name below the container; None where there is none or can be none."""
    from azure.core.exceptions import HttpResponseError

    try:
        blob = blobs.get_blob_client(folder.container, name).get_blob_properties()
    except HttpResponseError as error:
        if error.status_code not in _NO_SUCH_BLOB:
            raise
        return None
    return _file(blob) if _is_file(blob) else None


def fetch_file(blobs: "BlobServiceClient", folder: FolderPath, file: File) -> bytes | None:
    """Return the bytes of one version of a file; None where the file is gone or has another version by now.

    Raises FolderUnreadable where the storage refuses or does not answer.
    """
    from azure.core import MatchConditions
    from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError

    blob = blobs.get_blob_client(folder.container, file.name)
    try:
        return blob.download_blob(etag=f'"{file.etag}"', match_condition=MatchConditions.IfNotModified).readall()
    except (ResourceNotFoundError, ResourceModifiedError):
        return None
    except AzureError as error:
        raise unreadable(error) from error


def _is_file(blob: "BlobProperties") -> bool:
    """Tell a file from a directory, which Data Lake storage lists as an empty blob with a mark."""
    return (blob.metadata or {}).get("hdi_isfolder", "").lower() != "true"


def _file(blob: "BlobProperties") -> File:
    md5 = blob.content_settings.content_md5
    # The header quotes the ETag, the listing does not.
    etag = blob.etag.strip('"')
    content = f"md5:{bytes(md5).hex()}" if md5 else f"etag:{etag}"
    return File(blob.name, blob.size, content, blob.last_modified, etag)


# The storage SDK keeps ten connections open.
_AT_ONCE = 8


def read_files(blobs: "BlobServiceClient", folder: FolderPath, names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of the blobs by name, as it is now; those that are gone by now are left out.

    Raises FolderUnreadable where the storage refuses or does not answer.
    """
    from azure.core.exceptions import AzureError

    container = blobs.get_container_client(folder.container)

    def read(name: str) -> tuple[str, bytes] | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return name, container.download_blob(name).readall()
        except ResourceNotFoundError:
            return None

    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(found for found in pool.map(read, names) if found)
    except AzureError as error:
        raise unreadable(error) from error
