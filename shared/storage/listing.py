"""A container's listing, page by page, read from the answer's XML as it comes.

The storage SDK builds an object of some forty fields for each blob, which costs many times what reading the XML does.
Its pipeline sends the requests all the same: with its authentication, its retries and its hooks.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError, XMLParser

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse
    from azure.storage.blob import ContainerClient

# What a page holds at most, and what the service sends unless told otherwise (docs: List Blobs).
PAGE_SIZE = 5000
# A page whose transfer breaks off is asked for so often; the pipeline repeats what failed before that.
_TRIES = 3


_Item = TypeVar("_Item")


class ListedBlob(NamedTuple):
    """A blob as it is listed: `properties` by their names in the answer (docs: List Blobs), and its metadata."""

    name: str
    properties: Mapping[str, str]
    metadata: Mapping[str, str]

    @property
    def etag(self) -> str:
        """The version, without quotes."""
        return self.properties["Etag"].strip('"')

    @property
    def modified(self) -> datetime:
        """When it was last written."""
        return _moment(self.properties["Last-Modified"])


@dataclass(frozen=True, slots=True)
class ListedPage(Generic[_Item]):
    """What was made of the blobs of a page, in the order of their names, as listed at `listed_at`."""

    items: list[_Item]
    listed_at: datetime


def pages(
    container: "ContainerClient",
    prefix: str,
    read: Callable[[ListedBlob], _Item | None],
    page_size: int = PAGE_SIZE,
) -> Iterator[ListedPage[_Item]]:
    """Yield what the container lists below `prefix`, each blob as `read` makes it; None leaves one out.

    Raises AzureError, also a ResourceNotFoundError, where the storage refuses or does not answer.
    """
    marker = ""
    while True:
        page, marker = _page(container, prefix, marker, read, page_size)
        yield page
        if not marker:
            return


def _page(
    container: "ContainerClient", prefix: str, marker: str, read: Callable[[ListedBlob], _Item | None], page_size: int
) -> tuple[ListedPage[_Item], str]:
    from azure.core.exceptions import AzureError, ServiceResponseError

    broken = ""
    for _ in range(_TRIES):
        response = _asked(container, prefix, marker, page_size)
        try:
            return _read(response, read)
        except (AzureError, ParseError) as error:
            broken = f"{type(error).__name__}: {error}"
    raise ServiceResponseError(f"the listing broke off: {broken}")


def _asked(container: "ContainerClient", prefix: str, marker: str, page_size: int) -> "HttpResponse":
    from azure.core.rest import HttpRequest

    query = {
        "restype": "container",
        "comp": "list",
        "include": "metadata",
        "prefix": prefix,
        "marker": marker,
        "maxresults": str(page_size),
    }
    request = HttpRequest(
        "GET",
        container.url,
        params={name: value for name, value in query.items() if value},
        headers={"x-ms-version": container.api_version, "Accept": "application/xml"},
    )
    # No public way of the SDK hands out an answer that is not made into objects yet.
    response: HttpResponse = container._pipeline.run(request, stream=True).http_response  # noqa: SLF001
    if response.status_code != HTTPStatus.OK:
        _refuse(response)
    return response


def _refuse(response: "HttpResponse") -> None:
    """Raise what the SDK raises for such an answer, with the storage's code."""
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

    response.read()
    kind = ResourceNotFoundError if response.status_code == HTTPStatus.NOT_FOUND else HttpResponseError
    error: Any = kind(response=response)
    error.error_code = response.headers.get("x-ms-error-code")
    raise error


def _read(response: "HttpResponse", read: Callable[[ListedBlob], _Item | None]) -> tuple[ListedPage[_Item], str]:
    target = _Elements(read)
    parser = XMLParser(target=target)  # noqa: S314 - the storage answers that, and expat bounds what entities become
    for chunk in response.iter_bytes():
        parser.feed(chunk)
    parser.close()
    return ListedPage(target.items, parsedate_to_datetime(response.headers["Date"])), target.marker


# How deep elements lie: EnumerationResults > Blobs > Blob > Properties > Etag, and EnumerationResults > NextMarker.
_MARKER_DEPTH, _BLOB_DEPTH, _GROUP_DEPTH, _FIELD_DEPTH = 2, 3, 4, 5


class _Elements(Generic[_Item]):
    """What a parser reports of a listing: it makes each blob when its element ends, and keeps nothing else.

    An element counts by its depth, too: the names of metadata are free, `Blob` and `Name` among them.
    """

    def __init__(self, read: Callable[[ListedBlob], _Item | None]) -> None:
        self.items: list[_Item] = []
        self.marker = ""
        self._read = read
        self._depth = 0
        self._text = self._name = ""
        self._is_encoded = False
        self._groups: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._text = ""
        if self._depth == _BLOB_DEPTH:
            self._groups = {}
        elif self._depth == _GROUP_DEPTH:
            self._fields = self._groups[tag] = {}
            self._is_encoded = attributes.get("Encoded") == "true"

    def data(self, text: str) -> None:
        self._text += text

    def end(self, tag: str) -> None:
        if self._depth == _FIELD_DEPTH:
            self._fields[tag] = self._text
        elif self._depth == _GROUP_DEPTH and tag == "Name":
            # A name with characters that XML cannot hold comes percent-encoded.
            self._name = unquote(self._text) if self._is_encoded else self._text
        elif self._depth == _BLOB_DEPTH:
            self._take()
        elif self._depth == _MARKER_DEPTH and tag == "NextMarker":
            self.marker = self._text
        self._depth -= 1

    def _take(self) -> None:
        blob = ListedBlob(self._name, self._groups["Properties"], self._groups.get("Metadata", {}))
        if (item := self._read(blob)) is not None:
            self.items.append(item)


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text)
