"""Storage in memory, with ETags and a clock that a test moves: stands in for blobs and queues in pure tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.errors import StateConflict
from shared.folder.manifest import File, Manifest
from shared.folder.path import FolderPath
from shared.route import Route
from shared.storage.documents import Document

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")


def make_route(name: str = "default", environment: str = "sample-2", folder: str = "files/airflow") -> Route:
    request = SyncRequest(
        integration_runtime_name=environment, linked_service_name="AzureBlobStorage1", storage_folder_path=folder
    )
    return Route(name, EnvironmentId(FACTORY, environment), FolderPath.parse(folder), request, "AzureWebJobsStorage")


def make_manifest(*written: float, listed: float, content: str = "v1") -> Manifest:
    """Return a folder with one file per time of writing, all times in seconds after noon."""
    files = [
        File(
            f"airflow/dags/dag_{n}.py",
            10,
            f"md5:{content}-{n}",
            NOON + timedelta(seconds=seconds),
            f"{content}-{n}-{seconds}",
        )
        for n, seconds in enumerate(written)
    ]
    return Manifest(tuple(files), NOON + timedelta(seconds=listed))


@dataclass
class Clock:
    """The time of the storage service and the monotonic clock of the process, in step."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return (NOON + timedelta(seconds=self.seconds)).replace(microsecond=0)

    def monotonic(self) -> float:
        return 1000.0 + self.seconds


_VERSIONS = count(1)


@dataclass
class MemoryDocuments:
    """The documents as one process sees them; another one shares what is `stored`, and not what it has written."""

    clock: Clock
    stored: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    written: dict[str, datetime] = field(default_factory=dict)
    own: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    requests: int = 0

    def read(self, name: str) -> Document:
        self.requests += 1
        content, etag = self.stored.get(name, (None, None))
        return Document(content, etag, self.clock.now())

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        self.requests += 1
        if self.stored.get(name, (None, None))[1] != etag:
            raise StateConflict(name)
        new_etag = f"etag-{next(_VERSIONS)}"
        self.stored[name] = self.own[name] = (content, new_etag)
        self.written[name] = self.clock.now()
        return new_etag

    def replace(self, name: str, content: bytes) -> None:
        self.write(name, content, self.stored.get(name, (None, None))[1])

    def recall(self, name: str) -> Document | None:
        written = self.own.get(name)
        return Document(*written, self.clock.now(), recalled=True) if written else None

    def names(self, prefix: str) -> Iterator[str]:
        self.requests += 1
        return iter(sorted(name for name in self.stored if name.startswith(prefix)))

    def read_all(self, prefix: str) -> dict[str, Document]:
        self.requests += 1
        stored = sorted(self.stored.items())
        return {name: Document(*each, self.clock.now()) for name, each in stored if name.startswith(prefix)}

    def unchanged_since(self, prefix: str, moment: datetime) -> Iterator[str]:
        return (name for name in self.names(prefix) if self.written[name] < moment)

    def delete(self, name: str, unchanged_since: datetime | None = None) -> None:
        self.requests += 1
        if unchanged_since is None or self.written[name] <= unchanged_since:
            self.stored.pop(name, None)

    def time(self) -> datetime:
        return self.clock.now()


@dataclass
class MemoryQueue:
    clock: Clock
    sent: list[tuple[str, datetime]] = field(default_factory=list)
    error: Exception | None = None

    def send(self, route_name: str, delay: timedelta, due: datetime | None = None) -> datetime:
        if self.error:
            raise self.error
        visible_at = self.clock.now() + delay
        self.sent.append((route_name, due or visible_at))
        return visible_at
