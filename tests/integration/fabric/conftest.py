"""A route into the emulated Fabric job: the engine on documents in memory, the push over HTTP, a folder in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
import requests

from shared.errors import FolderUnreadable
from shared.fabric.names import FabricJob, PushOptions
from shared.folder.blobs import FileBytes
from shared.folder.manifest import File, Manifest
from shared.folder.path import FolderPath
from shared.route import Route
from shared.storage.connections import credential
from shared.sync.decide import Decision, Policy, Wait
from shared.sync.engine import Ports, build
from shared.sync.state import RouteState
from shared.targets.fabric import Fabric
from shared.targets.fabric_calls import fabric_caller
from shared.targets.fabric_service import SCOPE, fabric_service
from tests.unit.memory import NOON, Clock, MemoryDocuments, MemoryQueue

WORKSPACE = "11111111-1111-1111-1111-111111111111"
JOB = "22222222-2222-2222-2222-222222222222"


def make_route(folder: str = "files/airflow", job: str = JOB, **options: Any) -> Route:  # noqa: ANN401 - as the settings have them
    return Route(
        "orders", FabricJob(WORKSPACE, job), FolderPath.parse(folder), PushOptions(**options), "AzureWebJobsStorage"
    )


@dataclass
class World:
    """The folder, the engine, and the job as the emulator says that it is."""

    emulator: str
    route: Route = field(default_factory=make_route)
    clock: Clock = field(default_factory=Clock)
    files: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    at_once: int = 4
    unreadable: bool = False
    during_read: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.policy = Policy(
            quiet=timedelta(seconds=5),
            longest_wait=timedelta(seconds=60),
            lease=timedelta(seconds=180),
            dag_checks="off",
        )
        self.caller = fabric_caller(fabric_service(f"{self.emulator}/v1", SCOPE), credential())
        self.target = Fabric(self.caller, self.at_once)
        self.start()

    def start(self) -> None:
        """Begin a new process of the app: what was in memory is gone."""
        ports = Ports(
            documents=self.documents,
            wake_ups=MemoryQueue(self.clock),
            list_folder=lambda _: self.manifest(),
            list_folders=lambda _: {},
            read_files=lambda _, files: map(self.read_whole, files),
            fetch_file=lambda _, file: self.read(file),
            target_of=lambda _: self.target,
            clock=self.clock.monotonic,
            jitter=lambda: 0.0,
        )
        self.engine = build(ports, self.policy, [self.route])

    # The folder.

    def write(self, name: str, content: bytes = b"x = 1\n") -> None:
        self.clock.seconds += 1
        self.files[f"airflow/{name}"] = content
        self.written[f"airflow/{name}"] = self.clock.seconds

    def delete(self, *names: str) -> None:
        self.clock.seconds += 1
        for name in names:
            del self.files[f"airflow/{name}"]

    def manifest(self) -> Manifest:
        files = [self._file(name, content) for name, content in sorted(self.files.items())]
        return Manifest(tuple(files), self.clock.now())

    def _file(self, name: str, content: bytes) -> File:
        digest = md5(content, usedforsecurity=False).hexdigest()
        modified = NOON + timedelta(seconds=self.written[name])
        return File(name, len(content), f"md5:{digest}", modified, f"{digest}-{self.written[name]}")

    def read(self, file: File) -> bytes | None:
        self.during_read()
        if self.unreadable:
            raise FolderUnreadable("the storage is busy", code="ServerBusy")
        content = self.files.get(file.name)
        return content if content is not None and self._file(file.name, content).etag == file.etag else None

    def read_whole(self, file: File) -> FileBytes:
        content = self.files[file.name]
        return FileBytes(file.name, file.etag, content, md5(content, usedforsecurity=False).hexdigest())

    # The relay.

    def look(self, after: float = 0.0) -> Decision:
        """Let a worker look at the folder, so many seconds later."""
        self.clock.seconds += after
        return self.engine.reconciler.reconcile(self.route)

    def sync(self, after: float = 100.0) -> RouteState:
        """Look until nothing is going on, each time when it is due; return the state then."""
        decision = self.look(after)
        while isinstance(decision, Wait) or self.state.operation:
            decision = self.look(self._due(decision))
        return self.state

    def _due(self, decision: Decision) -> float:
        if isinstance(decision, Wait):
            return decision.delay.total_seconds()
        assert self.state.operation
        return max(0.0, (self.state.operation.next_poll - self.clock.now()).total_seconds())

    @property
    def state(self) -> RouteState:
        return self.engine.states.read(self.route).state

    # The job.

    def held(self) -> dict[str, int]:
        url = f"{self.emulator}/_emulator/fabric/jobs/{JOB}/files"
        return {file["path"]: file["size"] for file in requests.get(url, timeout=10).json()}

    def libraries(self) -> list[str]:
        url = f"{self.emulator}/v1{self.route.environment}/environment/libraries"
        headers = {"Authorization": f"Bearer {credential().get_token(SCOPE).token}"}
        shown = requests.get(url, params={"beta": "true"}, headers=headers, timeout=10).json()
        return [library["name"] for library in shown["value"]]

    def calls(self) -> list[str]:
        """Return the calls that Fabric has had, as method and what follows the job's path."""
        return [f"{entry['method']} {entry['path'].rpartition(JOB)[2]}" for entry in self.journal()]

    def journal(self) -> list[dict[str, Any]]:
        return list(requests.get(f"{self.emulator}/_emulator/journal", timeout=10).json())

    def set(self, **values: object) -> None:
        requests.post(f"{self.emulator}/_emulator/settings", json=values, timeout=10).raise_for_status()

    def fault(self, answer: dict[str, Any], *, times: int | None = 1, **match: str) -> None:
        script = {"match": match, "times": times, "answer": answer}
        requests.post(f"{self.emulator}/_emulator/faults", json=script, timeout=10).raise_for_status()

    def content(self, path: str) -> bytes:
        return self._by_others("GET", path).content

    def theirs(self, path: str, content: bytes = b"theirs") -> None:
        """Let another client put a file into the job."""
        self._by_others("PUT", path, content)

    def remove(self, path: str) -> None:
        """Let another client delete a file of the job."""
        self._by_others("DELETE", path)

    def _by_others(self, method: str, path: str, content: bytes = b"") -> requests.Response:
        headers = {"Authorization": f"Bearer {credential().get_token(SCOPE).token}"}
        url = f"{self.emulator}/v1{self.route.environment}/files/{path}"
        answer = requests.request(method, url, data=content, params={"beta": "true"}, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer


@pytest.fixture
def world(emulator: str) -> World:
    return World(emulator)
