"""Small documents that many processes change: each write names the version that it replaces."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

from shared.errors import StateConflict

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read; `content` and `etag` are None where it does not exist. The clock is the storage's."""

    content: bytes | None
    etag: str | None
    read_at: datetime


class Documents(Protocol):
    """Where documents live."""

    def read(self, name: str) -> Document:
        """Return the document of that name."""

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        """Replace the version `etag`, or make the document if it is None, and return the new version.

        Raises StateConflict if the document is at another version.
        """

    def names(self, prefix: str) -> Iterator[str]:
        """Return the names that start with `prefix`, in their order, page by page."""

    def delete(self, name: str) -> None:
        """Delete the document, if it exists."""


def overwrite(documents: Documents, name: str, content: bytes) -> None:
    """Write a document whatever version there is; for documents that one worker at a time writes."""
    for _ in range(_TRIES):
        try:
            documents.write(name, content, documents.read(name).etag)
        except StateConflict:
            continue
        return
    raise StateConflict(f"{name} changed {_TRIES} times while it was to be written")


class BlobDocuments:
    """Documents as blobs of one container, which is made when it is first written to."""

    def __init__(self, container: "ContainerClient") -> None:
        self._container = container

    def read(self, name: str) -> Document:
        """Return the document of that name."""
        from azure.core.exceptions import ResourceNotFoundError

        times: list[datetime] = []
        try:
            download = self._container.download_blob(name, raw_response_hook=lambda got: times.append(_date(got)))
        except ResourceNotFoundError as missing:
            return Document(None, None, _error_date(missing))
        return Document(download.readall(), download.properties.etag, times[0])

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        """Replace the version `etag`, or make the document if it is None, and return the new version.

        Raises StateConflict if the document is at another version.
        """
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._upload(name, content, etag)
        except ResourceNotFoundError:
            self._create_container()
            return self._upload(name, content, etag)

    def names(self, prefix: str) -> Iterator[str]:
        """Return the names that start with `prefix`, in their order, page by page."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            yield from self._container.list_blob_names(name_starts_with=prefix)
        except ResourceNotFoundError:
            return

    def unchanged_since(self, prefix: str, moment: datetime) -> Iterator[str]:
        """Return the names that start with `prefix` whose documents were last written before `moment`."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            for blob in self._container.list_blobs(name_starts_with=prefix):
                if blob.last_modified < moment:
                    yield blob.name
        except ResourceNotFoundError:
            return

    def delete(self, name: str) -> None:
        """Delete the document, if it exists."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            self._container.delete_blob(name)
        except ResourceNotFoundError:
            return

    def _upload(self, name: str, content: bytes, etag: str | None) -> str:
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

        condition: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        blob = self._container.get_blob_client(name)
        try:
            return str(blob.upload_blob(content, overwrite=etag is not None, **condition)["etag"])
        except (ResourceModifiedError, ResourceExistsError) as error:
            raise StateConflict(name) from error

    def _create_container(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            self._container.create_container()
        except ResourceExistsError:
            return


def _date(response: Any) -> datetime:  # noqa: ANN401 - azure-core's PipelineResponse is generic over transports
    return parsedate_to_datetime(response.http_response.headers["Date"])


def _error_date(error: "HttpResponseError") -> datetime:
    response: Any = error.response
    return parsedate_to_datetime(response.headers["Date"])
