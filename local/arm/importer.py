"""Reading a folder of Blob Storage as an import does: the files that count, each with the hash of the bytes read."""

import asyncio
import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO

from azure.core.exceptions import AzureError, HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.arm.exchange import JsonObject
from shared.adf.imported import is_directory, is_imported

AT_ONCE = 8
CHUNK = 1024 * 1024
# Of each file so much stays in memory until the import ends, the rest goes to disk.
IN_MEMORY = 1024 * 1024
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file as it was when it was read; `name` is its path below the container, `etag` is unquoted.

    `content` holds its bytes until the import is over.
    """

    name: str
    etag: str
    md5: str
    size: int
    content: IO[bytes] | None = field(default=None, repr=False, compare=False)

    def as_json(self) -> JsonObject:
        """Return what `GET /_emulator/imports` shows of it."""
        return {"name": self.name, "etag": self.etag, "md5": self.md5, "size": self.size}


ReadFolder = Callable[[str], Awaitable[list[ImportedFile]]]


class ImportFailedError(Exception):
    """The folder could not be read; `code` is the storage service's where it gave one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Folder:
    """A `StorageFolderPath`: `<container>/<folder>`, where the folder may be empty."""

    container: str
    prefix: str

    @classmethod
    def of(cls, path: str) -> "Folder":
        """Split the path of a sync request."""
        container, _, folder = path.strip("/").partition("/")
        return cls(container, f"{folder}/" if folder else "")

    def takes(self, name: str) -> bool:
        """Say whether an import reads a blob, by the rule that the relay has for it."""
        return is_imported(f"{self.container}/{self.prefix}".rstrip("/"), name.removeprefix(self.prefix))

    def place(self, name: str) -> str:
        """Return where a blob goes in the environment, like `dags/x.py`."""
        if (self.container, self.prefix) == ("dags", ""):
            return f"dags/{name}"
        first, *below = name.removeprefix(self.prefix).split("/")
        return "/".join((first.lower(), *below))


async def read_folder(connection_string: str, path: str) -> list[ImportedFile]:
    """List a folder and read its files, a few at once; raise ImportFailedError where that is not possible."""
    folder = Folder.of(path)
    try:
        async with ContainerClient.from_connection_string(
            connection_string, folder.container, retry_total=0, max_single_get_size=CHUNK, max_chunk_get_size=CHUNK
        ) as container:
            return await _read_all(container, folder)
    except HttpResponseError as error:
        code = getattr(error, "error_code", None) or error.status_code
        raise ImportFailedError(str(getattr(code, "value", code)), error.message.splitlines()[0]) from error
    except (AzureError, ValueError) as error:
        raise ImportFailedError("StorageUnreachable", str(error)) from error


async def _read_all(container: ContainerClient, folder: Folder) -> list[ImportedFile]:
    blobs = container.list_blobs(name_starts_with=folder.prefix, include=["metadata"])
    listed = [blob.name async for blob in blobs if not is_directory(blob.name, blob.size, blob.metadata or {})]
    if not listed:
        raise ImportFailedError("FolderNotFound", f"There is nothing in '{folder.container}/{folder.prefix}'.")
    places = asyncio.Semaphore(AT_ONCE)

    async def read(name: str) -> ImportedFile | None:
        async with places:
            return await _read_one(container, name)

    files = await asyncio.gather(*(read(name) for name in listed if folder.takes(name)))
    return [file for file in files if file is not None]


async def _read_one(container: ContainerClient, name: str, attempts: int = ATTEMPTS) -> ImportedFile | None:
    """Read one blob; None if it went away since the listing, again if it changed while it was read."""
    try:
        return await _hashed(container, name)
    except ResourceNotFoundError:
        return None
    except ResourceModifiedError:
        if attempts == 1:
            raise
        return await _read_one(container, name, attempts - 1)


async def _hashed(container: ContainerClient, name: str) -> ImportedFile:
    """Read one blob piece by piece, in a thread where that takes time, so that ARM's answers are not held up."""
    stream = await container.download_blob(name, decompress=False)
    digest, content = hashlib.md5(usedforsecurity=False), tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when the import is over
    async for chunk in stream.chunks():
        await asyncio.to_thread(digest.update, chunk)
        await asyncio.to_thread(content.write, chunk)
    return ImportedFile(name, stream.properties.etag.strip('"'), digest.hexdigest(), content.tell(), content)
