"""Reads what Event Grid posts: storage events in its own schema or as CloudEvents 1.0."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class BlobEvent:
    """A change of a blob; the ETag may be empty."""

    url: str
    etag: str


def parse_events(body: bytes) -> Sequence[Mapping[str, Any]]:
    """Read one event or a list of them; raise ValueError for anything else."""
    content = json.loads(body)
    events = content if isinstance(content, list) else [content]
    if not events or not all(isinstance(event, Mapping) for event in events):
        raise ValueError("expected an event or a list of events")
    return events


def blob_events(body: bytes) -> list[BlobEvent]:
    """Read one event or a list of them; raise ValueError if they are not about blobs."""
    return [_blob_event(_data_of(event)) for event in parse_events(body)]


def validation_code(body: bytes) -> str:
    """Read the code of a subscription's validation; raise ValueError if there is none.

    In a CloudEvent the data may be a text that holds JSON once more.
    """
    event = parse_events(body)[0]
    data = event.get("data")
    code = _data_of({"data": json.loads(data)} if isinstance(data, str) else event).get("validationCode")
    if not isinstance(code, str):
        raise ValueError("expected data.validationCode")  # noqa: TRY004 - as below
    return code


def blob_of_url(url: str, endpoint: str) -> tuple[str, str]:
    """Return container and name of a blob's URL; `endpoint` is the account's, which in an emulator has a path."""
    prefix = urlsplit(endpoint).path.rstrip("/") + "/"
    path = urlsplit(url).path
    container, _, name = path.removeprefix(prefix).lstrip("/").partition("/")
    if not container or not name:
        raise ValueError(f"expected the URL of a blob, got {url!r}")
    return unquote(container), unquote(name)


def _data_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise ValueError("expected an event with data")  # noqa: TRY004 - one error for all that is malformed
    return data


def _blob_event(data: Mapping[str, Any]) -> BlobEvent:
    url, etag = data.get("url"), data.get("eTag", "")
    if not isinstance(url, str) or not isinstance(etag, str):
        raise ValueError("expected data.url, and data.eTag if any, to be texts")  # noqa: TRY004 - as above
    return BlobEvent(url, etag)
