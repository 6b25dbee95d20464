"""Changes as events of either schema (docs, event-schema-blob-storage), and how they travel."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.events.changes import Change
from local.events.options import Schema

_ACCOUNT = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourceGroups/example-rg"
    "/providers/Microsoft.Storage/storageAccounts/"
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A change with what makes an event of it; `number` counts the events of one watcher."""

    change: Change
    account: str
    container: str
    url: str
    id: str
    at: datetime
    number: int


def message(occurrence: Occurrence, schema: Schema) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a delivery: a list of one event, or one CloudEvent."""
    if schema == "eventgrid":
        return json.dumps([_grid_event(occurrence)]).encode(), {"Content-Type": "application/json; charset=utf-8"}
    body = json.dumps(_cloud_event(occurrence)).encode()
    return body, {"Content-Type": "application/cloudevents+json; charset=utf-8"}


def _grid_event(occurrence: Occurrence) -> Mapping[str, Any]:
    return {
        "topic": f"{_ACCOUNT}{occurrence.account}",
        "eventType": occurrence.change.type,
        "eventTime": _time(occurrence.at),
        **_common(occurrence),
        "dataVersion": "",
        "metadataVersion": "1",
    }


def _cloud_event(occurrence: Occurrence) -> Mapping[str, Any]:
    return {
        "specversion": "1.0",
        "source": f"{_ACCOUNT}{occurrence.account}",
        "type": occurrence.change.type,
        "time": _time(occurrence.at),
        **_common(occurrence),
    }


def _common(occurrence: Occurrence) -> Mapping[str, Any]:
    change = occurrence.change
    written = {} if change.is_deletion else {"eTag": change.blob.etag, "contentLength": change.blob.size}
    return {
        "id": occurrence.id,
        "subject": f"/blobServices/default/containers/{occurrence.container}/blobs/{change.name}",
        "data": {
            "api": change.api,
            "requestId": occurrence.id,
            **written,
            "contentType": change.blob.content_type,
            "blobType": "BlockBlob",
            "url": occurrence.url,
            "sequencer": f"{occurrence.number:032d}",
            "storageDiagnostics": {"batchId": occurrence.id},
        },
    }


def _time(moment: datetime) -> str:
    # Event Grid writes seven digits, one more than Python has.
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
