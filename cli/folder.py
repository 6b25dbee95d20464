"""A folder of DAG files, on this machine and in Blob Storage, compared by content."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import CommandError
from cli.names import utf8
from shared.adf.imported import is_directory, is_imported

if TYPE_CHECKING:
    from azure.storage.blob import BlobProperties, BlobServiceClient, ContainerClient


# In seconds; the SDK's own 15 would leave the terminal silent for a minute.
_RETRIES: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2}


@dataclass(frozen=True, slots=True)
class Difference:
    """Paths below the folder, sorted: what an upload has to add, change and remove there."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        """Whether something differs."""
        return bool(self.to_upload or self.removed)

    @property
    def to_upload(self) -> tuple[str, ...]:
        """The files that storage does not have like this."""
        return self.added + self.changed


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """The files below `root` that an import of `folder` (`container/folder`) takes."""

    root: Path
    folder: str

    def paths(self) -> tuple[str, ...]:
        """Return the paths below the folder, sorted; raise CommandError if there are none, or for one not in UTF-8."""
        if not self.root.is_dir():
            raise CommandError(f"{self.root} is not a directory")
        files = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        found = tuple(sorted(utf8(path) for path in files if is_imported(self.folder, path)))
        if not found:
            raise CommandError(f"expected dags/, plugins/ or requirements.txt in {self.root}, and a file in it")
        return found

    def read(self, path: str) -> bytes:
        """Return the content of a file; raise CommandError if it cannot be read."""
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {self.root / path}: {error.strerror}") from None


class RemoteFolder:
    """A folder (`container/folder`) in a storage account."""

    def __init__(self, account: "BlobServiceClient", folder: str) -> None:
        container, _, prefix = folder.partition("/")
        self._folder = folder
        self._prefix = f"{prefix}/" if prefix else ""
        self._container: ContainerClient = account.get_container_client(container)

    def difference(self, local: LocalFolder) -> Difference:
        """Return how the local files differ from those in storage; raise CommandError if it cannot be listed.

        A blob that has no MD5 is read if it has the size of the local file.
        """
        with _one_line_errors():
            there = {path: blob for blob in self._blobs() if (path := self._path(blob))}
        here = local.paths()
        changed = {path for path in here if path in there and not self._is_same(there[path], local.read(path))}
        return Difference(
            added=tuple(path for path in here if path not in there),
            changed=tuple(path for path in here if path in changed),
            removed=tuple(sorted(there.keys() - set(here))),
            unchanged=tuple(path for path in here if path in there and path not in changed),
        )

    def create_container(self) -> None:
        """Make the container if there is none."""
        with _one_line_errors():
            if not self._container.exists():
                self._container.create_container()

    def upload(self, path: str, content: bytes) -> None:
        """Write a file, with its MD5."""
        from azure.storage.blob import ContentSettings

        settings = ContentSettings(content_md5=bytearray(_md5(content)))
        with _one_line_errors():
            self._container.upload_blob(self._prefix + path, content, overwrite=True, content_settings=settings)

    def delete(self, path: str) -> None:
        """Delete a file; one that is gone is no error."""
        from azure.core.exceptions import ResourceNotFoundError

        with _one_line_errors():
            try:
                self._container.delete_blob(self._prefix + path, delete_snapshots="include")
            except ResourceNotFoundError:
                return

    def _blobs(self) -> "Iterator[BlobProperties]":
        from azure.core.exceptions import ResourceNotFoundError

        try:
            yield from self._container.list_blobs(name_starts_with=self._prefix, include=["metadata"])
        except ResourceNotFoundError:
            return

    def _path(self, blob: "BlobProperties") -> str | None:
        """Return the blob's path below the folder; None for what an import does not take."""
        path = blob.name.removeprefix(self._prefix)
        is_file = not is_directory(blob.name, blob.size, blob.metadata or {})
        return path if is_file and is_imported(self._folder, path) else None

    def _is_same(self, blob: "BlobProperties", content: bytes) -> bool:
        if blob.size != len(content):
            return False
        if blob.content_settings.content_md5:
            return bytes(blob.content_settings.content_md5) == _md5(content)
        with _one_line_errors():
            # As it is stored: a blob may claim any `Content-Encoding`.
            return b"".join(self._container.download_blob(blob.name, decompress=False).chunks()) == content


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Raise CommandError with storage's code and the first line of its words.

    A host or a header that cannot be sent is a ValueError of urllib3 or http.client.
    """
    from azure.core.exceptions import AzureError

    try:
        yield
    except ValueError as error:
        raise CommandError(f"storage: {type(error).__name__}: no request can name this account") from None
    except AzureError as error:
        code = getattr(error, "error_code", None)
        words = (str(error).splitlines() or [""])[0]
        raise CommandError(f"storage: {getattr(code, 'value', code) or type(error).__name__}: {words}") from None


@dataclass(frozen=True, slots=True)
class Storage:
    """How to reach a storage account: by a connection string, else by its URL with the identity that is logged in."""

    connection_string: str | None
    account_url: str | None

    def folder(self, folder: str) -> RemoteFolder:
        """Return a folder (`container/folder`); raise CommandError without a valid way to it."""
        try:
            return RemoteFolder(self._account(), folder)
        except ValueError:
            given = "the storage connection string" if self.connection_string else "the account URL"
            raise CommandError(f"{given} is not valid") from None

    def _account(self) -> "BlobServiceClient":
        from azure.storage.blob import BlobServiceClient

        if self.connection_string:
            if not self.connection_string.strip().isprintable():
                # What cannot be in a header would be shown with the signature in it.
                raise ValueError("expected one line")
            return BlobServiceClient.from_connection_string(self.connection_string, **_RETRIES)
        if self.account_url:
            from azure.identity import DefaultAzureCredential

            return BlobServiceClient(self.account_url, DefaultAzureCredential(), **_RETRIES)
        raise CommandError("expected --account-url, --connection-string or AZURE_STORAGE_CONNECTION_STRING")
