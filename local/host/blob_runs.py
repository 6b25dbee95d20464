"""Runs functions for blobs: what goes in, and when a run is dropped."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobClient

from local.host.blob_queue import BlobFunction
from local.host.invocations import Invoker
from local.host.protos import Message, TypedData
from local.host.receipts import BlobVersion

_LOG = logging.getLogger("standin.blobs")
Notify = Callable[[BlobFunction, BlobVersion], Awaitable[bool]]


class BlobRuns:
    """Runs functions for blobs."""

    def __init__(self, invoker: Invoker, notify: Notify) -> None:
        self._invoker = invoker
        self._notify = notify

    async def run(self, function: BlobFunction, blob: BlobVersion) -> bool:
        """Run for this version of a blob; return whether the message is done with.

        A blob that is gone, or has changed since it was found, is dropped. Its new version gets a message of its own:
        from here where the container is scanned, from Event Grid otherwise.
        """
        client = function.account.blobs.get_blob_client(blob.container, blob.name)
        try:
            properties = await client.get_blob_properties()
        except ResourceNotFoundError:
            _LOG.info("%s/%s is gone; no run", blob.container, blob.name)
            return True
        current = BlobVersion(blob.container, blob.name, quoted(properties.etag))
        if current != blob and not function.trigger.event_grid:
            return await self._notify(function, current)
        return await self._invoke(function, client, properties)

    async def run_latest(self, function: BlobFunction, container: str, name: str) -> bool:
        """Run for a blob as it is now, as the admin API wants; return whether it succeeded."""
        client = function.account.blobs.get_blob_client(container, name)
        return await self._invoke(function, client, await client.get_blob_properties())

    async def _invoke(self, function: BlobFunction, client: BlobClient, properties: BlobProperties) -> bool:
        try:
            data = await _data(function, client)
        except ResourceNotFoundError:
            return True
        captures = function.path.match(client.container_name, client.blob_name) or {}
        metadata = _metadata(client, properties, captures)
        reason = f"new blob {client.container_name}/{client.blob_name}"
        outcome = await self._invoker.run(function.function, data, metadata, reason)
        return outcome.error is None


def quoted(etag: str) -> str:
    """Return an ETag with its quotes; listings leave them out."""
    return etag if etag.startswith('"') else f'"{etag}"'


async def _data(function: BlobFunction, client: BlobClient) -> TypedData:
    if not function.trigger.deferred:
        return TypedData(bytes=await (await client.download_blob()).readall())
    return TypedData(model_binding_data=_reference(function.trigger.connection, client))


def _reference(connection: str, client: BlobClient) -> Message:
    content = {"Connection": connection, "ContainerName": client.container_name, "BlobName": client.blob_name}
    return Message(
        version="1.0",
        source="AzureStorageBlobs",
        content_type="application/json",
        content=json.dumps(content).encode(),
    )


def _metadata(client: BlobClient, properties: BlobProperties, captures: Mapping[str, str]) -> dict[str, TypedData]:
    return {
        **{name: TypedData(string=value) for name, value in captures.items()},
        "BlobTrigger": TypedData(string=f"{client.container_name}/{client.blob_name}"),
        "Uri": TypedData(string=client.url),
        "Properties": TypedData(json=json.dumps(_properties(properties))),
        "Metadata": TypedData(json=json.dumps(dict(properties.metadata or {}))),
    }


def _properties(properties: BlobProperties) -> dict[str, object]:
    return {
        "ContentLength": properties.size,
        "Length": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ContentEncoding": properties.content_settings.content_encoding,
        "ETag": quoted(properties.etag),
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat() if properties.creation_time else None,
        "BlobType": str(properties.blob_type),
    }
