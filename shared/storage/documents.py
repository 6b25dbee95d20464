"""Small documents that many processes change: each write names the version that it replaces."""

import base64
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import StateConflict
from shared.storage.clock import StorageClock, dates_noted
from shared.storage.listing import ListedBlob, pages

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

_TRIES = 20

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read; `content` and `etag` are None where it does not exist. The clock is the storage's.

    A `recalled` one is what this process wrote last: there may be a later version.
    """

    content: bytes | None
    etag: str | None
    read_at: datetime
    recalled: bool = False


class StoredModel(BaseModel):
    """A document's content, or a part of it; camelCase in the storage and in answers.

    An unknown key is left out: while the app is upgraded or rolled back, old and new instances share the documents.
    What an old one must not read has another `version`. Only keys are kept for the next time that they are read:
    values, which pydantic would keep too, are the ETags and digests of every new version.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,
        cache_strings="keys",
    )


class Documents(Protocol):
    """Where documents live."""

    def read(self, name: str) -> Document:
        """Return the document of that name."""

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        """Replace the version `etag`, or make the document if it is None, and return the new version.

        Raises StateConflict if the document is at another version.
        """

    def replace(self, name: str, content: bytes) -> None:
        """Write a document whatever version there is; for documents that one worker at a time writes."""

    def recall(self, name: str) -> Document | None:
        """Return a document as this process wrote it last, without a request; None where that is not known."""

    def names(self, prefix: str) -> Iterator[str]:
        """Return the names that start with `prefix`, in their order, page by page."""

    def unchanged_since(self, prefix: str, moment: datetime) -> Iterator[str]:
        """Return the names that start with `prefix` whose documents were last written before `moment`."""

    def read_all(self, prefix: str) -> dict[str, Document]:
        """Return the documents that start with `prefix`, by name, in as few requests as it takes."""

    def delete(self, name: str, unchanged_since: datetime | None = None) -> None:
        """Delete the document, if it exists and, where a moment is given, was not written after that."""

    def time(self) -> datetime | None:
        """Return the storage's time as far as answers of late have told it, never too late."""


def update(
    documents: Documents,
    name: str,
    change: Callable[[Document], tuple[bytes | None, Result]],
    latest: Document | None = None,
) -> Result:
    """Change the latest version of a document, however many others change it too.

    `change` returns the new content, None to leave the document as it is, and what this function returns; it is pure,
    because it may have to be applied again. `latest` saves a read if it still is the latest version; where it was
    recalled, the document is read before it is left as it is. Raises StateConflict after too many concurrent updates.
    """
    for _ in range(_TRIES):
        document = latest or documents.read(name)
        latest = None
        content, result = change(document)
        if content is None:
            if document.recalled:
                continue
            return result
        with suppress(StateConflict):
            documents.write(name, content, document.etag)
            return result
    raise StateConflict(f"{name}: too many concurrent updates, gave up after {_TRIES} attempts")


def write_own(documents: Documents, name: str, content: bytes, etag: str | None) -> str:
    """Write a document that no other worker would write so, as `Documents.write` does.

    The storage's client repeats a request whose answer was lost, and meets the version that the first one made: that
    is our own, and no conflict.
    """
    try:
        return documents.write(name, content, etag)
    except StateConflict:
        found = documents.read(name)
        if found.etag is None or found.content != content:
            raise
        return found.etag


class BlobDocuments:
    """Documents as blobs of one container, which is made when it is first written to.

    Its client notes the dates of answers (`shared.storage.clock`), as those of `shared.storage.connections` do.
    Documents whose names start with `listed` are written into their blobs' metadata, too, where they are small enough:
    then one listing brings them all. Those that start with one of `recalled` are kept in memory as they were written.
    """

    def __init__(self, container: "ContainerClient", listed: str | None = None, recalled: tuple[str, ...] = ()) -> None:
        self._container = container
        self._listed = listed
        self._recalled = recalled
        self._clock = StorageClock()
        self._written = _Written()

    def read(self, name: str) -> Document:
        """Return the document of that name."""
        from azure.core.exceptions import ResourceNotFoundError

        with dates_noted() as dates:
            try:
                download = self._container.download_blob(name)
            except ResourceNotFoundError as missing:
                return Document(None, None, self._noted(_error_date(missing)))
            read_at = self._noted(dates[0])
            return Document(download.readall(), download.properties.etag, read_at)

    def time(self) -> datetime | None:
        """Return the storage's time as far as answers of late have told it, never too late."""
        return self._clock.time()

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        """Replace the version `etag`, or make the document if it is None, and return the new version.

        Raises StateConflict if the document is at another version.
        """
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

        condition: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        try:
            return self._put(name, content, overwrite=etag is not None, **condition)
        except (ResourceModifiedError, ResourceExistsError) as error:
            raise StateConflict(name) from error

    def replace(self, name: str, content: bytes) -> None:
        """Write a document whatever version there is."""
        self._put(name, content, overwrite=True)

    def recall(self, name: str) -> Document | None:
        """Return a document as this process wrote it last, as of the storage's time now, or None."""
        now, written = self.time(), self._written.get(name)
        return Document(*written, now.replace(microsecond=0), recalled=True) if now and written else None

    def names(self, prefix: str) -> Iterator[str]:
        """Return the names that start with `prefix`, in their order, page by page."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            yield from self._container.list_blob_names(name_starts_with=prefix)
        except ResourceNotFoundError:
            return

    def read_all(self, prefix: str) -> dict[str, Document]:
        """Return the documents that start with `prefix`, by name, in as few requests as it takes."""
        from azure.core.exceptions import ResourceNotFoundError

        found: dict[str, Document] = {}
        try:
            for page in pages(self._container, prefix, _listed_document):
                read_at = self._noted(page.listed_at)
                found |= {name: Document(content, etag, read_at) for name, content, etag in page.items}
        except ResourceNotFoundError:
            return {}
        return {name: self.read(name) if each.content is None else each for name, each in found.items()}

    def unchanged_since(self, prefix: str, moment: datetime) -> Iterator[str]:
        """Return the names that start with `prefix` whose documents were last written before `moment`."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            for page in pages(self._container, prefix, lambda blob: blob.name if blob.modified < moment else None):
                yield from page.items
        except ResourceNotFoundError:
            return

    def delete(self, name: str, unchanged_since: datetime | None = None) -> None:
        """Delete the document, if it exists and, where a moment is given, was not written after that."""
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        try:
            self._container.delete_blob(name, if_unmodified_since=unchanged_since)
        except (ResourceNotFoundError, ResourceModifiedError):
            return

    def _put(self, name: str, content: bytes, **options: Any) -> str:  # noqa: ANN401 - the SDK's options
        """Write a document into the container, which is made if it is missing; return the new version."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            etag = self._upload(name, content, options)
        except ResourceNotFoundError:
            self._create_container()
            etag = self._upload(name, content, options)
        if name.startswith(self._recalled):
            self._written.note(name, content, etag)
        return etag

    def _upload(self, name: str, content: bytes, options: Mapping[str, Any]) -> str:
        metadata = _packed(content) if self._listed and name.startswith(self._listed) else None
        with dates_noted() as dates:
            written = self._container.get_blob_client(name).upload_blob(content, metadata=metadata, **options)
        self._noted(dates[-1])
        return str(written["etag"])

    def _noted(self, date: datetime) -> datetime:
        self._clock.note(date)
        return date

    def _create_container(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            self._container.create_container()
        except ResourceExistsError:
            return


# In bytes: what a process keeps of the documents that it may recall.
_RECALLED = 8 * 1024 * 1024
_LARGEST_RECALLED = 256 * 1024


class _Written:
    """The documents that this process wrote last, with their versions, as far as they are small."""

    def __init__(self) -> None:
        self._documents: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Return the content and version of a document, None where they are not kept."""
        with self._lock:
            return self._documents.get(name)

    def note(self, name: str, content: bytes, etag: str) -> None:
        """Keep a document, in place of the version before and of those that were not written for long."""
        with self._lock:
            before, _ = self._documents.pop(name, (b"", ""))
            self._size -= len(before)
            if len(content) > _LARGEST_RECALLED:
                return
            self._documents[name] = (content, etag)
            self._size += len(content)
            while self._size > _RECALLED:
                _, (oldest, _) = self._documents.popitem(last=False)
                self._size -= len(oldest)


_METADATA = "content"
# A blob's metadata may have 8 KiB, names and all.
_LARGEST_METADATA = 7000


def _listed_document(blob: ListedBlob) -> tuple[str, bytes | None, str]:
    return blob.name, _unpacked(blob.metadata), f'"{blob.etag}"'


def _packed(content: bytes) -> dict[str, str]:
    """Return the metadata that hold a document, none if it is too large for them."""
    text = base64.b64encode(zlib.compress(content)).decode()
    return {_METADATA: text} if len(text) <= _LARGEST_METADATA else {}


def _unpacked(metadata: Mapping[str, str]) -> bytes | None:
    """Return the document that metadata hold, None where they do not, or not as this module writes it."""
    try:
        return zlib.decompress(base64.b64decode(metadata.get(_METADATA, "")))
    except (ValueError, zlib.error):
        return None


def _error_date(error: "HttpResponseError") -> datetime:
    response: Any = error.response
    return parsedate_to_datetime(response.headers["Date"])
