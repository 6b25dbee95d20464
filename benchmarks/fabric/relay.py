"""The relay itself on a folder and storage in memory, in the virtual time of the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import md5

from benchmarks.fabric.wire import ORIGIN, Identity, Wire
from local.fabric.state import JOB, WORKSPACE
from shared.fabric.names import FabricJob, PushOptions
from shared.folder.manifest import File, Manifest
from shared.folder.path import FolderPath
from shared.route import Route
from shared.sync.decide import Decision, Policy, Wait
from shared.sync.engine import Ports, build
from shared.targets.fabric import Fabric
from shared.targets.fabric_calls import fabric_caller
from shared.targets.fabric_service import SCOPE, fabric_service
from tests.unit.memory import NOON, MemoryDocuments, MemoryQueue

# In seconds: how often the queue trigger looks, at most (host.json); how often the sweep comes.
QUEUE_POLL_S = 2.0
SWEEP_S = 300.0
_ROUTE = Route(
    "bench", FabricJob(WORKSPACE, JOB), FolderPath.parse("files/airflow"), PushOptions(), "AzureWebJobsStorage"
)


@dataclass
class Relay:
    """One route; `wake_ups` counts the runs of its worker, which dies when it has read `dies_after` files, if set."""

    wire: Wire
    files: dict[str, bytes] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    wake_ups: int = 0
    reads: int = 0
    dies_after: int | None = None

    def __post_init__(self) -> None:
        """Start the first process."""
        self._documents = MemoryDocuments(self.wire.lanes)
        self._start()

    def _start(self) -> None:
        lanes = self.wire.lanes
        caller = fabric_caller(fabric_service(ORIGIN, SCOPE), Identity(), clock=lanes.monotonic)
        vars(caller)["_transport"] = self.wire
        ports = Ports(
            documents=self._documents,
            wake_ups=MemoryQueue(lanes),
            list_folder=lambda _: self._manifest(),
            list_folders=lambda _: {},
            read_files=lambda *_: iter(()),
            fetch_file=lambda _, file: self._read(file),
            target_of=lambda _: Fabric(caller),
            clock=lanes.monotonic,
            jitter=lambda: 0.5,
        )
        policy = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(seconds=60), dag_checks="off")
        self._engine = build(ports, policy, [_ROUTE])

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files into the folder, and let the quiet window pass."""
        for name, content in files.items():
            self.files[name], self.written[name] = content, self.wire.lanes.time
        self.wire.lanes.pass_by(10.0)

    def sync(self) -> None:
        """Wake the worker as the queue would, until nothing is going on; one that died is started again."""
        while True:
            decision = self._look()
            delay = self._delay(decision)
            if delay is None:
                return
            self.wire.lanes.pass_by(delay + QUEUE_POLL_S)

    def _look(self) -> Decision | None:
        self.wake_ups += 1
        try:
            return self._engine.reconciler.reconcile(_ROUTE)
        except SystemExit:
            self.dies_after = None
            self._start()
            return None

    def _delay(self, decision: Decision | None) -> float | None:
        """Return how long it takes until the next wake-up, None where there is none; a dead worker's is the sweep."""
        if decision is None:
            return SWEEP_S
        if isinstance(decision, Wait):
            return decision.delay.total_seconds()
        operation = self._engine.states.read(_ROUTE).state.operation
        return max(0.0, (operation.next_poll - self.wire.lanes.now()).total_seconds()) if operation else None

    def _manifest(self) -> Manifest:
        files = (self._file(name, content) for name, content in sorted(self.files.items()))
        return Manifest(tuple(files), self.wire.lanes.now())

    def _file(self, name: str, content: bytes) -> File:
        digest, seconds = md5(content, usedforsecurity=False).hexdigest(), self.written[name]
        modified = (NOON + timedelta(seconds=seconds)).replace(microsecond=0)
        return File(f"airflow/{name}", len(content), f"md5:{digest}", modified, f"{digest}-{seconds}")

    def _read(self, file: File) -> bytes:
        self.reads += 1
        if self.dies_after is not None and self.reads >= self.dies_after:
            raise SystemExit
        return self.files[file.name.removeprefix("airflow/")]
