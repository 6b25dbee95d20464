"""A relay whose storage is in memory and whose target, folder and clock a test decides about."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.airflow.client import AirflowClient
from shared.folder.blobs import FileBytes
from shared.folder.checks import LARGEST_FILE, TOO_LARGE, UNKNOWN, Runtime, Unread
from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.sync.decide import Policy, Strictness
from shared.sync.engine import Ports, Receiver, build
from shared.sync.history import SyncRecord
from shared.sync.outbox import Outbox
from shared.sync.state import Alert, RouteState
from shared.targets.port import Accepted, EnvironmentState, ImportProgress, ImportSucceeded, Work
from tests.unit.memory import Clock, MemoryDocuments, MemoryQueue, make_manifest, make_route

ROUTE = make_route()
LENGTH = timedelta(seconds=180)


@dataclass
class World:
    """One worker; everything it touches can be set before and looked at after."""

    clock: Clock = field(default_factory=lambda: Clock(seconds=100))
    folder: Manifest = field(default_factory=lambda: make_manifest(0, 1, listed=100))
    unreadable: Exception | None = None
    contents: Mapping[str, bytes | Unread] = field(default_factory=dict)
    runtime: Runtime = UNKNOWN
    checks: Strictness = "off"
    environment: str | Exception | None = "Started"
    incarnation: str | None = None
    answer: Accepted | Exception = field(default_factory=lambda: Accepted(202, "request-1"))
    progress: ImportProgress = field(default_factory=ImportSucceeded)
    during_sync: Callable[[], object] = lambda: None
    during_listing: Callable[[], object] = lambda: None
    synced: list[Route] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    true_md5: dict[str, str] = field(default_factory=dict)
    during_read: Callable[[], object] = lambda: None
    leases_free: list[bool] = field(default_factory=list)
    notifies: bool = True
    receiver: Exception | None = None
    during_post: Callable[[], object] = lambda: None
    posted: list[Alert] = field(default_factory=list)
    airflow: AirflowClient | None = None
    expects_events: bool = False

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.asked = MemoryQueue(self.clock)
        self.policy = Policy(
            quiet=timedelta(seconds=5),
            longest_wait=timedelta(seconds=60),
            lease=LENGTH,
            dag_checks=self.checks,
            ask_airflow=timedelta(minutes=15) if self.airflow else None,
            expects_events=self.expects_events,
        )
        ports = Ports(
            documents=self.documents,
            wake_ups=self.queue,
            list_folder=self.list_folder,
            list_folders=lambda routes: {route.name: self.list_folder(route) for route in routes},
            read_files=self.read_files,
            fetch_file=lambda *_: None,
            target_of=lambda _: self,
            receiver=Receiver(self.asked, self.post) if self.notifies else None,
            airflow_of=self.find_airflow if self.airflow else None,
            clock=self.clock.monotonic,
            jitter=lambda: 1.0,
        )
        self.engine = build(ports, self.policy, [ROUTE])
        self.states = self.engine.states
        self.baselines = self.engine.baselines
        self.records = self.engine.history
        self.wake_ups = self.engine.wake_ups
        self.commands = self.engine.commands
        self.leases = self.engine.reconciler.leases
        self.worker = self.engine.reconciler

    @property
    def notifications(self) -> Outbox:
        assert self.engine.outbox is not None
        return self.engine.outbox

    def find_airflow(self, _: Route) -> AirflowClient:
        assert self.airflow is not None
        return self.airflow

    def list_folder(self, _: Route) -> Manifest:
        self.during_listing()
        if self.unreadable:
            raise self.unreadable
        return self.folder

    def read_files(self, _: Route, files: Iterable[File]) -> Iterator[FileBytes]:
        """Yield what was read; the MD5 of the bytes is what the listing claims, unless a test says otherwise."""
        for file in files:
            self.during_read()
            self.read.append(file.name)
            if file.name in self.gone:
                continue
            content = TOO_LARGE if file.size > LARGEST_FILE else self.contents.get(file.name, b"# airflow, dag")
            md5 = self.true_md5.get(file.name, file.content.partition(":")[2])
            yield FileBytes(file.name, file.etag, content, md5)

    def find_file(self, _: Route, name: str) -> File | None:
        return next((file for file in self.folder.files if file.name == name), None)

    def environment_state(self, _: Route, *, deadline_s: float) -> EnvironmentState:
        assert deadline_s > 0
        if isinstance(self.environment, Exception):
            raise self.environment
        return EnvironmentState(200, "request-0", self.environment, self.runtime, self.incarnation)

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        assert deadline_s > 0
        self.synced.append(route)
        self.during_sync()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def poll(self, handle: str, work: Work, *, deadline_s: float) -> ImportProgress:  # noqa: ARG002 - the port
        assert handle.startswith("handle")
        assert deadline_s > 0
        return self.progress

    def post(self, _: Route, alert: Alert) -> None:
        self.during_post()
        self.posted.append(alert)
        if self.receiver:
            raise self.receiver

    def at(self, seconds: float, *written: float, content: str = "v1") -> None:
        """Let it be so many seconds after noon, and the folder as described, listed now."""
        self.clock.seconds = seconds
        self.folder = make_manifest(*written, listed=seconds, content=content)

    def state(self, route: Route = ROUTE) -> RouteState:
        return self.states.read(route).state

    def alerts(self, route: Route = ROUTE) -> list[str]:
        """Return the kinds of the alerts that are not delivered yet, oldest first."""
        return [alert.kind for alert in self.state(route).outbox.alerts]

    def history(self, route: Route = ROUTE) -> list[SyncRecord]:
        """Return the records, newest first."""
        found = [self.records.read(route.name, sync_id) for sync_id in self.records.ids(route.name)]
        return [record for record in found if record]
