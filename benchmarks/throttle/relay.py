"""Instances of the relay, each with its own engine and caller, on storage in memory and one queue."""

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from benchmarks.fabric.wire import Identity
from benchmarks.throttle.arm import ThrottledArm
from benchmarks.throttle.virtual_time import VirtualTime
from shared.arm.clouds import arm_service
from shared.rest.caller import RestCaller
from shared.route import Route
from shared.sync.conditions import overdue
from shared.sync.decide import Policy
from shared.sync.engine import Engine, Ports, build
from shared.targets.data_factory import DataFactory
from tests.unit.memory import MemoryDocuments, make_manifest, make_route

# As in host.json, and as many as the template lets run in a process.
_QUEUE_POLL_S = 2.0
_THREADS = 16
_POLICY = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(seconds=60), dag_checks="warn")


@dataclass
class Queue:
    """The wake-ups of all routes; each becomes visible at its time."""

    time: VirtualTime
    _waiting: list[tuple[datetime, int, str, datetime]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def send(self, route_name: str, delay: timedelta, due: datetime | None = None) -> datetime:
        """Send a wake-up."""
        visible_at = self.time.exactly() + delay
        heapq.heappush(self._waiting, (visible_at, next(self._numbers), route_name, due or visible_at))
        return visible_at

    def take(self) -> tuple[str, datetime] | None:
        """Return the route of a wake-up that is visible, and when it is due."""
        if not self._waiting or self._waiting[0][0] > self.time.exactly():
            return None
        return heapq.heappop(self._waiting)[2:]


@dataclass
class Fleet:
    """So many instances and routes, each of which has a change that is due."""

    time: VirtualTime
    arm: ThrottledArm
    routes: int
    instances: int
    red: int = 0

    def __post_init__(self) -> None:
        """Write the changes, and send the wake-ups."""
        self._routes = {name: make_route(name, name) for name in (f"route-{n}" for n in range(self.routes))}
        self._left = set(self._routes)
        self._documents = MemoryDocuments(self.time)
        self._queue = Queue(self.time)
        for name in self._routes:
            self._queue.send(name, timedelta(0))
        self._engines = [self._instance() for _ in range(self.instances)]

    def run(self) -> None:
        """Let all instances work until each route is synced."""
        works = [partial(self._work, engine) for engine in self._engines] * _THREADS
        self.time.run([*works, self._watch])

    def outcomes(self) -> Counter[str]:
        """Count the records of all syncs by outcome."""
        history = self._engines[0].history
        return Counter(each.outcome for name in self._routes for each in history.summaries(name))

    def _instance(self) -> Engine:
        caller = RestCaller(
            arm_service("http://127.0.0.1:1", "scope"),
            Identity(),
            clock=self.time.monotonic,
            sleep=self.time.sleep,
        )
        vars(caller)["_transport"] = self.arm
        ports = Ports(
            documents=self._documents,
            wake_ups=self._queue,
            list_folder=lambda _: make_manifest(-10, listed=int(self.time.seconds)),
            list_folders=lambda _: {},
            read_files=lambda *_: iter(()),
            fetch_file=lambda *_: None,
            target_of=lambda _: DataFactory(caller, _POLICY.settle),
            clock=self.time.monotonic,
            sleep=self.time.sleep,
        )
        return build(ports, _POLICY, list(self._routes.values()))

    def _work(self, engine: Engine) -> None:
        while self._left:
            taken = self._queue.take()
            if taken is None:
                self.time.sleep(_QUEUE_POLL_S)
                continue
            name, due = taken
            route = self._routes[name]
            engine.reconciler.answer(route, due)
            if engine.states.read(route).state.synced:
                self._left.discard(name)

    def _watch(self) -> None:
        """Count the routes that `/api/ready` would call not ready, every ten seconds."""
        while self._left:
            self.time.sleep(10)
            self.red += sum(map(self._is_red, self._routes.values()))

    def _is_red(self, route: Route) -> bool:
        state = self._engines[0].states.read(route).state
        late = overdue(state, self.time.now(), _POLICY.longest_wait)
        return state.failure is not None or next(late, None) is not None
