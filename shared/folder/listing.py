"""A container's listing, page by page, read from the answer's XML as it comes.

The storage SDK builds an object of some forty fields for each blob, which costs many times what reading the XML does.
Its pipeline sends the requests all the same: with its authentication, its retries and its hooks.
"""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from shared.adf.imported import is_directory
from shared.folder.manifest import File

if TYPE_CHECKING:
    from azure.core.rest import HttpResponse
    from azure.storage.blob import ContainerClient

# What a page holds at most, and what the service sends unless told otherwise (docs: List Blobs).
PAGE_SIZE = 5000
# A page whose transfer breaks off is asked for so often; the pipeline repeats what failed before that.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class ListedPage:
    """The files of a page, in the order of their names, as listed at `listed_at`; directories are left out."""

    files: list[File]
    listed_at: datetime


def pages(container: "ContainerClient", prefix: str, page_size: int = PAGE_SIZE) -> Iterator[ListedPage]:
    """Yield what the container lists below `prefix`.

    Raises AzureError, also a ResourceNotFoundError, where the storage refuses or does not answer.
    """
    marker = ""
    while True:
        page, marker = _page(container, prefix, marker, page_size)
        yield page
        if not marker:
            return


def _page(container: "ContainerClient", prefix: str, marker: str, page_size: int) -> tuple[ListedPage, str]:
    from azure.core.exceptions import AzureError, ServiceResponseError

    broken = ""
    for _ in range(_TRIES):
        response = _asked(container, prefix, marker, page_size)
        try:
            return _read(response)
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


def _read(response: "HttpResponse") -> tuple[ListedPage, str]:
    files: list[File] = []
    marker = ""
    parser: Any = XMLPullParser(["end"])
    for chunk in response.iter_bytes():
        parser.feed(chunk)
        for _, element in parser.read_events():
            if element.tag == "Blob":
                file = _file(element)
                if not is_directory(file.name, file.size, _texts(element, "Metadata")):
                    files.append(file)
                element.clear()
            elif element.tag == "NextMarker":
                marker = element.text or ""
    parser.close()
    return ListedPage(files, parsedate_to_datetime(response.headers["Date"])), marker


def _file(blob: Element) -> File:
    name: Any = blob.find("Name")
    properties = _texts(blob, "Properties")
    etag, md5 = properties["Etag"].strip('"'), properties.get("Content-MD5")
    return File(
        # A name with characters that XML cannot hold comes percent-encoded.
        unquote(name.text) if name.get("Encoded") == "true" else name.text,
        int(properties["Content-Length"]),
        f"md5:{binascii.a2b_base64(md5).hex()}" if md5 else f"etag:{etag}",
        _moment(properties["Last-Modified"]),
        etag,
    )


def _texts(blob: Element, group: str) -> dict[str, str]:
    return {field.tag: field.text or "" for field in blob.iterfind(f"{group}/*")}


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text)
