"""Storage accounts, reached by the name of an app setting."""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host.errors import StartError

# Emulators know older versions of the API than the newest SDK speaks.
_API_VERSION = "2025-05-05"
# The listeners have their own back-off; a client that retries, too, would hide an outage from them.
_CLIENT: Mapping[str, Any] = {
    "api_version": _API_VERSION,
    "retry_total": 0,
    "connection_timeout": 5,
    "read_timeout": 30,
}


class Closable(Protocol):
    """Something with connections of its own."""

    async def close(self) -> None:
        """Close them."""


class Account:
    """One storage account: its blob and its queue service."""

    def __init__(
        self, blobs: BlobServiceClient, queues: QueueServiceClient, credential: Closable | None = None
    ) -> None:
        self.blobs = blobs
        self._queues = queues
        self._owned = [each for each in (blobs, queues, credential) if each]

    def queue(self, name: str) -> QueueClient:
        """Return a queue; its messages are texts as they are stored."""
        return self._queues.get_queue_client(name)

    async def close(self) -> None:
        """Close the connections."""
        for each in self._owned:
            await each.close()


class Accounts:
    """The accounts that the app's connections name. A connection is looked up once."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._known: dict[str, Account] = {}

    def get(self, connection: str) -> Account:
        """Return the account of a connection; raise StartError if no app setting describes it."""
        if connection not in self._known:
            self._known[connection] = self._connect(connection)
        return self._known[connection]

    async def close(self) -> None:
        """Close every account."""
        for account in self._known.values():
            await account.close()

    def _connect(self, name: str) -> Account:
        # The host prefers AzureWebJobs<name>, then <name>; a setting of that very name wins over the `__` forms.
        for candidate in (f"AzureWebJobs{name}", name):
            if text := self._env.get(candidate):
                return _from_connection_string(candidate, text)
            if account := self._from_identity(candidate):
                return account
        raise StartError(f"the app setting {name}, a connection to a storage account, does not exist")

    def _from_identity(self, name: str) -> Account | None:
        blob, queue = (self._service_uri(name, service) for service in ("blob", "queue"))
        if not blob or not queue:
            return None
        from azure.identity.aio import DefaultAzureCredential

        credential = DefaultAzureCredential()
        return Account(
            BlobServiceClient(blob, credential=credential, **_CLIENT),
            QueueServiceClient(queue, credential=credential, **_CLIENT),
            credential,
        )

    def _service_uri(self, name: str, service: str) -> str | None:
        account = self._env.get(f"{name}__accountName")
        return self._env.get(f"{name}__{service}ServiceUri") or (
            f"https://{account}.{service}.core.windows.net" if account else None
        )


async def create(creation: Awaitable[object]) -> None:
    """Create a container or queue that may exist already."""
    try:
        await creation
    except ResourceExistsError:
        return


def _from_connection_string(name: str, text: str) -> Account:
    try:
        return Account(
            BlobServiceClient.from_connection_string(text, **_CLIENT),
            QueueServiceClient.from_connection_string(text, **_CLIENT),
        )
    except ValueError as error:
        raise StartError(f"the app setting {name} is no storage connection string: {error}") from error
