"""Reading the content of some files of a folder, many at a time."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from shared.folder.listing import unreadable
from shared.folder.path import FolderPath

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

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
