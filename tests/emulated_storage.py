"""A storage emulator in a process of its own, and what tests do with it."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, QueueMessage, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.app_settings import ROOT
from local.azurite import PORTS, Azurite
from local.ports import free_ports
from local.processes import tied
from tests.waiting import until, until_the_next_second

_API_VERSION = "2025-05-05"


def end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


@dataclass
class Storage:
    """Azurite. With a folder it remembers its content over a stop."""

    folder: Path | None = None
    process: "subprocess.Popen[str] | None" = None

    def __post_init__(self) -> None:
        self.azurite = Azurite(free_ports(PORTS), self.folder)
        self.connection_string = self.azurite.connection_string

    def start(self) -> "Storage":
        self.process = subprocess.Popen(tied(self.azurite.command(ROOT)), text=True)
        until(self.azurite.answers, "Azurite answers")
        return self

    def stop(self) -> None:
        if self.process:
            end(self.process)

    def blobs(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.connection_string, api_version=_API_VERSION)

    def queue(self, name: str, *, raw: bool = False) -> QueueClient:
        return QueueClient.from_connection_string(
            self.connection_string,
            name,
            api_version=_API_VERSION,
            message_encode_policy=None if raw else TextBase64EncodePolicy(),
            message_decode_policy=None if raw else TextBase64DecodePolicy(),
        )

    def upload(self, container: str, name: str, content: bytes = b"content") -> None:
        with self.blobs() as service:
            if not service.get_container_client(container).exists():
                service.create_container(container)
            service.get_blob_client(container, name).upload_blob(content, overwrite=True)

    def upload_in_a_later_second(self, container: str, name: str, content: bytes = b"content") -> None:
        """Upload so that the scan cannot miss the blob."""
        until_the_next_second()
        self.upload(container, name, content)

    def url_of(self, container: str, name: str) -> str:
        with self.blobs() as service:
            return str(service.get_blob_client(container, name).url)

    def read(self, container: str, name: str) -> bytes | None:
        with self.blobs() as service, contextlib.suppress(ResourceNotFoundError):
            return bytes(service.get_blob_client(container, name).download_blob().readall())
        return None

    def blob_names(self, container: str) -> list[str]:
        with self.blobs() as service:
            return [str(name) for name in service.get_container_client(container).list_blob_names()]

    def send(self, queue: str, text: str, visible_after: int = 0, *, raw: bool = False) -> None:
        with self.queue(queue, raw=raw) as client:
            with contextlib.suppress(Exception):
                client.create_queue()
            client.send_message(text, visibility_timeout=visible_after)

    def peek(self, queue: str, *, raw: bool = False) -> list[QueueMessage]:
        with self.queue(queue, raw=raw) as client, contextlib.suppress(ResourceNotFoundError):
            return list(client.peek_messages(32))
        return []

    def messages(self, queue: str) -> list[str]:
        return [message.content for message in self.peek(queue)]

    def count(self, queue: str) -> int | None:
        """Return how many messages a queue has, hidden ones too; None if there is no such queue."""
        with self.queue(queue) as client, contextlib.suppress(ResourceNotFoundError):
            return client.get_queue_properties().approximate_message_count
        return None

    def is_empty(self, queue: str) -> bool:
        """Whether a queue has no message, not even a hidden one."""
        return self.count(queue) == 0


@contextlib.contextmanager
def running_storage(folder: Path | None = None) -> Iterator[Storage]:
    """Start a storage, and end it."""
    storage = Storage(folder)
    try:
        yield storage.start()
    finally:
        storage.stop()


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:12]}"
