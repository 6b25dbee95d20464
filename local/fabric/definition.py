"""A job as a definition: the content, `.platform`, and every file of the job as a part.

Source: round trips seen in public (Git exports, fabric-cicd). The part's names on Microsoft's pages,
`ApacheAirflowJob.json` and `ApacheAirflowJobV1.json`, are refused, as others saw it live.
"""

import base64
import binascii
import json

from pydantic import JsonValue

from local.arm.exchange import JsonObject
from local.fabric.errors import FabricError
from local.fabric.state import Job, new_content

CONTENT = "apacheairflowjob-content.json"
PLATFORM = ".platform"
_FOLDERS = ("dags/", "plugins/")
_SCHEMA = "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/platformProperties/2.0.0/schema.json"


def shown(job: Job) -> JsonObject:
    """Return the answer of `getDefinition`."""
    parts = {CONTENT: _encoded(job.content), PLATFORM: _encoded(_platform(job)), **job.files}
    return {"definition": {"parts": [_part(path, content) for path, content in parts.items()]}}


def apply(job: Job, body: JsonObject, *, metadata: bool) -> None:
    """Put a definition in place of the job's content and files; `.platform` counts with `metadata` only.

    Files that the definition does not name are gone: the page says that it overrides. Raises Fabric's refusal and
    changes nothing if a part cannot be used.
    """
    parts = _parts(body)
    content = _json(parts.pop(CONTENT)) if CONTENT in parts else new_content()
    platform = _json(parts.pop(PLATFORM)) if PLATFORM in parts else {}
    if unknown := [path for path in parts if not path.startswith(_FOLDERS)]:
        raise FabricError.corrupted(f"The definition has a part that is not known: '{unknown[0]}'.")
    job.content, job.files = content, parts
    if metadata:
        _rename(job, platform.get("metadata"))


def _rename(job: Job, metadata: JsonValue) -> None:
    if isinstance(metadata, dict):
        job.name = str(metadata.get("displayName", job.name))
        job.description = str(metadata.get("description", job.description))


def _platform(job: Job) -> JsonObject:
    metadata: JsonObject = {"type": "ApacheAirflowJob", "displayName": job.name}
    if job.description:
        metadata["description"] = job.description
    config: JsonObject = {"version": "2.0", "logicalId": "00000000-0000-0000-0000-000000000000"}
    return {"$schema": _SCHEMA, "metadata": metadata, "config": config}


def _part(path: str, content: bytes) -> JsonObject:
    return {"path": path, "payload": base64.b64encode(content).decode(), "payloadType": "InlineBase64"}


def _encoded(value: JsonObject) -> bytes:
    return json.dumps(value, indent=2).encode()


def _parts(body: JsonObject) -> dict[str, bytes]:
    definition = body.get("definition")
    parts = definition.get("parts") if isinstance(definition, dict) else None
    if not isinstance(parts, list):
        raise FabricError.corrupted("Expected 'definition.parts' to be a list.")
    return dict(_decoded(part) for part in parts)


def _decoded(part: JsonValue) -> tuple[str, bytes]:
    match part:
        case {"path": str(path), "payload": str(payload), "payloadType": "InlineBase64"}:
            try:
                return path, base64.b64decode(payload, validate=True)
            except binascii.Error as error:
                raise FabricError.corrupted(f"The part '{path}' is not encoded in base64.") from error
        case _:
            raise FabricError.corrupted("Expected each part to have 'path', 'payload' and 'payloadType' InlineBase64.")


def _json(content: bytes) -> JsonObject:
    try:
        value = json.loads(content)
    except ValueError as error:
        raise FabricError.corrupted(f"A part is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise FabricError.corrupted("Expected a part to be one JSON object.")
    return value
