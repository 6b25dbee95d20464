"""The folders of routes in Blob Storage: their listings, one file, or the content of some files."""

import hashlib
import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from shared.adf.imported import is_directory
from shared.errors import FolderUnreadable
from shared.folder.checks import LARGEST_FILE, TOO_LARGE, Unread
from shared.folder.listing import list_folder, list_folders, unreadable_folder
from shared.folder.manifest import File, Manifest
from shared.folder.path import FolderPath
from shared.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.exceptions import AzureError
    from azure.storage.blob import BlobProperties, BlobServiceClient, ContainerClient

log = logging.getLogger(__name__)

# Not found, and refused as a name that no blob can have, like one of more than 1,024 characters.
_NO_SUCH_BLOB = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})


@dataclass(frozen=True, slots=True)
class BlobFolders:
    """The folders of routes; `connect` returns the client of a connection."""

    connect: "Callable[[str], BlobServiceClient]"

    def list(self, route: Route) -> Manifest:
        """Return the route's folder as it is now; see `list_folder`."""
        return list_folder(self.connect(route.connection), route.folder)

    def list_all(self, routes: Iterable[Route]) -> dict[str, Manifest]:
        """Return folders by route, from one listing of each container; those that it fails for are left out."""
        found: dict[str, Manifest] = {}
        for (connection, container), there in _by_container(routes).items():
            try:
                found |= list_folders(self.connect(connection), container, there)
            except FolderUnreadable as error:
                log.warning("container %s could not be listed for all of its routes: %s", container, error)
        return found

    def find(self, route: Route, name: str) -> File | None:
        """Return one file of the route's folder; see `find_file`."""
        return find_file(self.connect(route.connection), route.folder, name)

    def fetch(self, route: Route, file: File) -> bytes | None:
        """Return the bytes of one version of a file; see `fetch_file`."""
        return fetch_file(self.connect(route.connection), route.folder, file)

    def read(self, route: Route, files: Sequence[File]) -> "Iterator[FileBytes]":
        """Read files of the route's folder; see `read_files`."""
        return read_files(self.connect(route.connection), route.folder, files)


def _by_container(routes: Iterable[Route]) -> dict[tuple[str, str], list[Route]]:
    found: dict[tuple[str, str], list[Route]] = defaultdict(list)
    for route in routes:
        found[route.connection, route.folder.container].append(route)
    return found


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
    """Return the bytes of one version of a file as they are stored; None where it is gone or another version by now.

    Raises FolderUnreadable where the storage refuses or does not answer.
    """
    from azure.core import MatchConditions
    from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError

    version: dict[str, Any] = {"etag": f'"{file.etag}"', "match_condition": MatchConditions.IfNotModified}
    container = blobs.get_container_client(folder.container)
    try:
        return b"".join(container.download_blob(file.name, decompress=False, **version).chunks())
    except (ResourceNotFoundError, ResourceModifiedError):
        return None
    except AzureError as error:
        raise unreadable_folder(error) from error


def _is_file(blob: "BlobProperties") -> bool:
    return not is_directory(blob.name, blob.size, blob.metadata or {})


def _file(blob: "BlobProperties") -> File:
    md5 = blob.content_settings.content_md5
    # The header quotes the ETag, the listing does not.
    etag = blob.etag.strip('"')
    content = f"md5:{bytes(md5).hex()}" if md5 else f"etag:{etag}"
    return File(blob.name, blob.size, content, blob.last_modified, etag)


# The storage SDK keeps ten connections open.
_AT_ONCE = 8
# In bytes. A file above `LARGEST_FILE` is hashed but not kept, one above this limit is not read.
LARGEST_READ = 64 * 1024 * 1024
# What the storage may answer differently a little later.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)})


@dataclass(frozen=True, slots=True)
class FileBytes:
    """The bytes of a file as they are stored, at the version `etag`.

    `content` says why where there is none; `md5` is None where there are more bytes than `LARGEST_READ`, or where the
    storage did not let us read them.
    """

    name: str
    etag: str
    content: bytes | Unread
    md5: str | None = None


def read_files(blobs: "BlobServiceClient", folder: FolderPath, files: Sequence[File]) -> Iterator[FileBytes]:
    """Read the listed versions, a few ahead of the one that is yielded; those that are gone by now are left out.

    Nothing is inflated: a blob may claim any `Content-Encoding`.
    """
    container = blobs.get_container_client(folder.container)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        ahead: deque[Future[FileBytes | None]] = deque()
        for file in files:
            ahead.append(pool.submit(_read, container, file))
            if len(ahead) == _AT_ONCE:
                yield from _done(ahead.popleft())
        while ahead:
            yield from _done(ahead.popleft())


def _done(reading: "Future[FileBytes | None]") -> Iterator[FileBytes]:
    if (found := reading.result()) is not None:
        yield found


def _read(container: "ContainerClient", file: File) -> FileBytes | None:
    from azure.core import MatchConditions
    from azure.core.exceptions import AzureError, ResourceModifiedError, ResourceNotFoundError

    if file.size > LARGEST_READ:
        return FileBytes(file.name, file.etag, TOO_LARGE)
    version: dict[str, Any] = {"etag": f'"{file.etag}"', "match_condition": MatchConditions.IfNotModified}
    try:
        return _kept(file, container.download_blob(file.name, decompress=False, **version).chunks())
    except (ResourceNotFoundError, ResourceModifiedError):
        return None
    except AzureError as error:
        return FileBytes(file.name, file.etag, _unread(error))


def _unread(error: "AzureError") -> Unread:
    status = getattr(error, "status_code", None)
    why = (
        f"could not be read ({unreadable_folder(error)}); upload it once more, or make sure that the relay may read it."
    )
    return Unread(why, passing=status is None or status in _PASSING)


def _kept(file: File, chunks: Iterable[bytes]) -> FileBytes:
    digest, content = hashlib.md5(usedforsecurity=False), bytearray()
    for chunk in chunks:
        digest.update(chunk)
        if len(content) <= LARGEST_FILE:
            content += chunk
    whole = bytes(content) if len(content) <= LARGEST_FILE else TOO_LARGE
    return FileBytes(file.name, file.etag, whole, digest.hexdigest())
