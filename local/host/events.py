"""Reads what Event Grid posts: storage events in its own schema or as CloudEvents 1.0."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.host.receipts import BlobVersion
from local.host.urls import blob_of_url

_BLOB_TYPES = {"blockblob": "BlockBlob", "pageblob": "PageBlob", "appendblob": "AppendBlob"}


def parse_events(body: bytes) -> Sequence[Mapping[str, Any]]:
    """Read one event or a list of them; raise ValueError for anything else."""
    content = json.loads(body)
    events = content if isinstance(content, list) else [content]
    if not all(isinstance(event, Mapping) for event in events):
        raise ValueError("expected an event or a list of events")
    return events


def validation_code(body: bytes) -> str:
    """Read the code of a subscription's validation; raise ValueError if there is none.

    In a CloudEvent the data may be a text that holds JSON once more.
    """
    events = parse_events(body)
    data = events[0].get("data") if events else None
    content = json.loads(data) if isinstance(data, str) else data
    code = content.get("validationCode") if isinstance(content, Mapping) else None
    if not isinstance(code, str):
        raise ValueError("expected data.validationCode")  # noqa: TRY004 - one error for all that is malformed
    return code


def blob_versions(body: bytes) -> Iterator[tuple[BlobVersion, str]]:
    """Yield the blobs that events tell of, each with its type; raise ValueError at the first event that tells of none.

    What is behind the JSON is not looked at. The name of a blob may be empty and its ETag, too.
    """
    content, _ = json.JSONDecoder().raw_decode(body.decode().lstrip())
    for event in content if isinstance(content, list) else [content]:
        data = event.get("data") if isinstance(event, Mapping) else None
        if not isinstance(data, Mapping):
            raise ValueError("expected an event with data")  # noqa: TRY004 - one error for all that is malformed
        yield _blob_version(data)


def _blob_version(data: Mapping[str, Any]) -> tuple[BlobVersion, str]:
    url, etag = data.get("url"), data.get("eTag") or ""
    blob_type = _BLOB_TYPES.get(str(data.get("blobType")).lower())
    if not isinstance(url, str) or not isinstance(etag, str) or blob_type is None:
        raise ValueError(f"expected data.url, and data.blobType one of {', '.join(_BLOB_TYPES.values())}")
    container, name = blob_of_url(url)
    return BlobVersion(container, name, etag), blob_type
