"""What lies in folders, by listings of their containers: one folder, or those of many routes at once."""

import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from shared.adf.imported import is_directory
from shared.errors import FolderUnreadable
from shared.folder.manifest import File, Ignored, IgnoredFile, Manifest
from shared.folder.path import FolderPath
from shared.route import Route
from shared.storage.listing import PAGE_SIZE, ListedBlob, pages

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.storage.blob import BlobServiceClient

_LONGEST_MESSAGE = 300


def list_folder(blobs: "BlobServiceClient", folder: FolderPath, page_size: int = PAGE_SIZE) -> Manifest:
    """Return the folder as it is now; a container that does not exist is a folder without files.

    The listing's time is that of its first page: what is written while later pages come is younger. Raises
    FolderUnreadable where the storage refuses or does not answer, after the tries that its client makes.
    """
    from azure.core.exceptions import AzureError

    try:
        return _list(blobs, folder, page_size)
    except AzureError as error:
        raise unreadable_folder(error) from error


def _list(blobs: "BlobServiceClient", folder: FolderPath, page_size: int) -> Manifest:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.blob import StorageErrorCode

    container = blobs.get_container_client(folder.container)
    found, listed_at = _Found(folder), None
    try:
        for page in pages(container, folder.listing_prefix, _file, page_size):
            for file in page.items:
                found.take(file)
            listed_at = listed_at or page.listed_at
    except ResourceNotFoundError as missing:
        response: Any = missing.response
        if response.headers.get("x-ms-error-code") != StorageErrorCode.CONTAINER_NOT_FOUND:
            raise
        return Manifest((), parsedate_to_datetime(response.headers["Date"]))
    assert listed_at  # noqa: S101 - a listing has a page
    return found.manifest(listed_at)


@dataclass(slots=True)
class _Found:
    """What a listing has of a folder so far."""

    folder: FolderPath
    files: list[File] = field(default_factory=list)
    ignored: Ignored = field(default_factory=Ignored)

    def take(self, file: File) -> None:
        """Sort out a file that lies in the folder."""
        reason = self.folder.why_ignored(file.name)
        if reason is None:
            self.files.append(file)
        else:
            self.ignored = self.ignored.with_one(IgnoredFile(file.name, reason))

    def manifest(self, listed_at: datetime) -> Manifest:
        return Manifest(tuple(sorted(self.files, key=lambda file: file.name)), listed_at, ignored=self.ignored)


# A listing of a whole container is given up where it is this much longer than those of the folders are to be expected.
_PAGES_OF_A_FOLDER = 20


def list_folders(blobs: "BlobServiceClient", container: str, routes: Sequence[Route]) -> dict[str, Manifest]:
    """Return the folders of all routes on a container by their names, none where the container holds too much besides.

    Raises FolderUnreadable where the storage refuses or does not answer.
    """
    from azure.core.exceptions import AzureError

    folders = {route.folder.listing_prefix: _Found(route.folder) for route in routes}
    listed_at = None
    try:
        listing = pages(blobs.get_container_client(container), _common_start(list(folders)), _file)
        for page in islice(listing, _PAGES_OF_A_FOLDER * (len(folders) + 1)):
            listed_at = listed_at or page.listed_at
            for file in page.items:
                for above in _folders_of(file.name):
                    if above in folders:
                        folders[above].take(file)
        is_whole = next(listing, None) is None
    except AzureError as error:
        raise unreadable_folder(error) from error
    if not (is_whole and listed_at):
        return {}
    return {route.name: folders[route.folder.listing_prefix].manifest(listed_at) for route in routes}


def _common_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))


def _folders_of(name: str) -> Iterator[str]:
    """Yield the folders that a blob lies in, as listing prefixes."""
    yield ""
    yield from (name[: place + 1] for place, character in enumerate(name) if character == "/")


def unreadable_folder(error: "AzureError") -> FolderUnreadable:
    """Return what the storage said, or that it said nothing; the first line, since the others are of its transport."""
    said = getattr(error, "error_code", None)
    lines = str(error.message).splitlines() or [""]
    return FolderUnreadable(lines[0][:_LONGEST_MESSAGE], code=str(getattr(said, "value", said) or type(error).__name__))


def _file(blob: ListedBlob) -> File | None:
    size = int(blob.properties["Content-Length"])
    if is_directory(blob.name, size, blob.metadata):
        return None
    md5 = blob.properties.get("Content-MD5")
    content = f"md5:{binascii.a2b_base64(md5).hex()}" if md5 else f"etag:{blob.etag}"
    return File(blob.name, size, content, blob.modified, blob.etag)
