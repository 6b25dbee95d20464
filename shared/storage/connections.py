"""Storage clients from the connections that Functions bindings use too.

A connection is an app setting with a connection string, or a group of settings `<name>__...` for an identity
(docs: functions-reference, "Connections"). Timeouts and retries are short: the queue brings a wake-up again anyway.
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.errors import SettingsError
from shared.storage.clock import note_date

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobServiceClient
    from azure.storage.queue import QueueServiceClient

# The connection of the app's own storage, which is the host's too.
HOST_STORAGE = "AzureWebJobsStorage"

_PATIENCE: dict[str, Any] = {
    "connection_timeout": 5,
    "read_timeout": 30,
    "retry_total": 2,
    "raw_response_hook": note_date,
}

# account.blob..., also with a DNS zone or privatelink between the two; a custom domain does not tell.
_ACCOUNT_HOST = re.compile(r"https?://([a-z0-9]{3,24})\.(?:[a-z0-9]+\.)?blob\..+", re.IGNORECASE)


@cache
def blob_service(connection: str) -> "BlobServiceClient":
    """Return the client of the connection's blobs; one for each connection and process."""
    from azure.storage.blob import BlobServiceClient

    client: BlobServiceClient = _client(BlobServiceClient, connection, "blob")
    return client


def blob_service_at_start(connection: str) -> "BlobServiceClient":
    """Return a client for what the app cannot start without: it makes three attempts within seconds."""
    from azure.storage.blob import BlobServiceClient, LinearRetry

    patience = {"connection_timeout": 3, "read_timeout": 5, "retry_policy": LinearRetry(backoff=1, retry_total=2)}
    client: BlobServiceClient = _client(BlobServiceClient, connection, "blob", **patience)
    return client


@cache
def queue_service(connection: str) -> "QueueServiceClient":
    """Return the client of the connection's queues; one for each connection and process."""
    from azure.storage.queue import QueueServiceClient

    client: QueueServiceClient = _client(QueueServiceClient, connection, "queue")
    return client


def account_name(connection: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the name of the connection's storage account, or None where its settings do not tell it."""
    fields = (field.partition("=") for field in environ.get(connection, "").split(";"))
    text = {name.strip().lower(): value.strip() for name, _, value in fields}
    if text.get("usedevelopmentstorage", "").lower() == "true":
        return "devstoreaccount1"
    name = text.get("accountname") or environ.get(f"{connection}__accountName")
    url = (
        text.get("blobendpoint")
        or environ.get(f"{connection}__blobServiceUri")
        or environ.get(f"{connection}__serviceUri")
    )
    in_host = _ACCOUNT_HOST.fullmatch(url or "")
    return (name or (in_host[1] if in_host else "")).lower() or None


def _client(kind: Any, connection: str, service: str, **options: Any) -> Any:  # noqa: ANN401 - the two share no base
    text, patience = os.environ.get(connection), _PATIENCE | options
    if text:
        return kind.from_connection_string(text, **patience)
    url = (
        os.environ.get(f"{connection}__{service}ServiceUri")
        or os.environ.get(f"{connection}__serviceUri")
        or _account_url(os.environ.get(f"{connection}__accountName"), service)
    )
    if url is None:
        raise SettingsError(f"{connection}: expected a connection string or {connection}__{service}ServiceUri")
    return kind(url, credential(os.environ.get(f"{connection}__clientId")), **patience)


def _account_url(account: str | None, service: str) -> str | None:
    return f"https://{account}.{service}.core.windows.net" if account else None


@cache
def credential(client_id: str | None = None) -> "DefaultAzureCredential":
    """Return the process's credential; `client_id` picks a user-assigned identity, as `AZURE_CLIENT_ID` does."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=client_id) if client_id else DefaultAzureCredential()
