"""A relay whose storage is in memory and whose target, folder and clock a test decides about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.sync.baseline import Baselines
from shared.sync.commands import Operator
from shared.sync.decide import Policy
from shared.sync.execute import Inspection, Strictness, SyncAttempts
from shared.sync.history import Records, SyncRecord
from shared.sync.lease import Flights
from shared.sync.outbox import Notifications
from shared.sync.outcomes import Ledger
from shared.sync.poll import Follow
from shared.sync.reconcile import Reconciler
from shared.sync.state import News, RouteState
from shared.sync.store import RouteStates
from shared.sync.wake_up import Notices
from shared.targets.port import Accepted, EnvironmentState, Progress, Succeeded
from tests.unit.memory import Clock, MemoryDocuments, MemoryWakeUps, make_manifest, make_route

ROUTE = make_route()
LENGTH = timedelta(seconds=180)


@dataclass
class World:
    """One worker; everything it touches can be set before and looked at after."""

    clock: Clock = field(default_factory=lambda: Clock(seconds=100))
    folder: Manifest = field(default_factory=lambda: make_manifest(0, 1, listed=100))
    unreadable: Exception | None = None
    contents: dict[str, bytes] = field(default_factory=dict)
    checks: Strictness = "off"
    environment: str | Exception | None = "Started"
    answer: Accepted | Exception = field(default_factory=lambda: Accepted(202, "request-1"))
    progress: Progress = field(default_factory=Succeeded)
    during_sync: Callable[[], object] = lambda: None
    synced: list[Route] = field(default_factory=list)
    notifies: bool = True
    receiver: Exception | None = None
    during_post: Callable[[], object] = lambda: None
    posted: list[News] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.wake_ups = MemoryWakeUps(self.clock)
        self.policy = Policy(
            quiet=timedelta(seconds=5),
            longest_wait=timedelta(seconds=60),
            hold_on_findings=self.checks == "block",
        )
        self.states = RouteStates(self.documents)
        self.baselines = Baselines(self.documents)
        self.records = Records(self.documents)
        self.flights = Flights(self.documents, LENGTH, clock=self.clock.monotonic)
        self.notices = Notices(self.states, self.wake_ups, self.policy.quiet, clock=self.clock.monotonic)
        self.operator = Operator(self.states, self.baselines, self.notices)
        self.asked = MemoryWakeUps(self.clock)
        self.notifications = Notifications(self.states, self.asked, self.post, jitter=lambda: 1.0)
        ledger = Ledger(
            self.states,
            self.baselines,
            self.records,
            self.notices,
            self.policy,
            jitter=lambda: 1.0,
            notifications=self.notifications if self.notifies else None,
        )
        self.worker = Reconciler(
            self.states,
            self.flights,
            self.notices,
            self.list_folder,
            SyncAttempts(
                self,
                self.list_folder,
                self.baselines,
                Inspection(self.checks, self.read_files),
                ledger,
                self.policy,
            ),
            Follow(self, self.states, self.notices, ledger),
            ledger,
            self.policy,
        )

    def list_folder(self, _: Route) -> Manifest:
        if self.unreadable:
            raise self.unreadable
        return self.folder

    def read_files(self, _: Route, names: Iterable[str]) -> dict[str, bytes]:
        return {name: self.contents[name] for name in names if name in self.contents}

    def find_file(self, _: Route, name: str) -> File | None:
        return next((file for file in self.folder.files if file.name == name), None)

    def environment_state(self, _: Route, *, deadline_s: float) -> EnvironmentState:
        assert deadline_s > 0
        if isinstance(self.environment, Exception):
            raise self.environment
        return EnvironmentState(200, "request-0", self.environment)

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        assert deadline_s > 0
        self.synced.append(route)
        self.during_sync()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def poll(self, handle: str, *, deadline_s: float) -> Progress:
        assert handle.startswith("handle")
        assert deadline_s > 0
        return self.progress

    def post(self, _: Route, news: News) -> None:
        self.during_post()
        self.posted.append(news)
        if self.receiver:
            raise self.receiver

    def at(self, seconds: float, *written: float, content: str = "v1") -> None:
        """Let it be so many seconds after noon, and the folder as described, listed now."""
        self.clock.seconds = seconds
        self.folder = make_manifest(*written, listed=seconds, content=content)

    def state(self, route: Route = ROUTE) -> RouteState:
        return self.states.read(route).state

    def news(self, route: Route = ROUTE) -> list[str]:
        """Return the kinds of the news that are not delivered yet, oldest first."""
        return [news.kind for news in self.state(route).outbox.news]

    def history(self, route: Route = ROUTE) -> list[SyncRecord]:
        """Return the records, newest first."""
        found = [self.records.read(route.name, sync_id) for sync_id in self.records.ids(route.name)]
        return [record for record in found if record]
