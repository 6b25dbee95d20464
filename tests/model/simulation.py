"""Many workers on one storage, in virtual time: at each call of storage or ADF the adversary decides who goes on.

A worker is a greenlet: its storage calls hand over to the scheduler, which resumes it later, or never, which is a
crash. So each schedule of calls, crashes, delays and duplicates that the tape spells is one that could happen.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import ClassVar

from azure.core.exceptions import AzureError
from greenlet import GreenletExit, greenlet

from shared.airflow.client import AirflowClient
from shared.errors import StateConflict
from shared.route import Route
from shared.sync.decide import Policy
from shared.sync.engine import Engine, Ports, Receiver, build
from shared.sync.history import SyncRecord
from shared.sync.state import RouteState
from shared.targets.port import Target
from tests.model.storage import AlertQueue, Blob, Cloud, Message
from tests.model.tape import Tape
from tests.model.waits import Waits
from tests.unit.memory import make_route

ROUTE = make_route()
# Another folder of the same environment.
SIBLING = make_route("sibling", folder="files/sibling")
LEASE = timedelta(seconds=180)
QUIET = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=60)
SWEEP_S = 300.0
ASK_AIRFLOW = timedelta(minutes=15)
# A message of a crashed worker comes back after this time, as the queue trigger's lock of ten minutes ends.
LOCK_S = 600.0
STEPS_UNTIL_CALM = 20_000


@dataclass
class Turns:
    """A lock between the workers of a process: who waits for it lets the others go on."""

    taken: bool = False

    def __enter__(self) -> None:
        while self.taken:
            _hand_over()
        self.taken = True

    def __exit__(self, *_: object) -> None:
        self.taken = False


class Process:
    """One process of the app: its memory is lost when it crashes, and a new one takes its place."""

    def __init__(  # noqa: PLR0913 - what a process may be set to do
        self,
        cloud: Cloud,
        jitter: Callable[[], float],
        routes: tuple[Route, ...] = (ROUTE,),
        *,
        target: Target | None = None,
        airflow_of: Callable[[Route], AirflowClient] | None = None,
        expects_events: bool = False,
    ) -> None:
        self.cloud = cloud
        self.by_name = {route.name: route for route in routes}
        ports = Ports(
            documents=cloud,
            wake_ups=cloud,
            list_folder=cloud.list_folder,
            list_folders=cloud.list_folders,
            read_files=cloud.read_files,
            fetch_file=cloud.fetch,
            target_of=lambda _: target or cloud,
            receiver=Receiver(AlertQueue(cloud), cloud.take),
            airflow_of=airflow_of,
            clock=lambda: cloud.now,
            sleep=lambda seconds: _hand_over(cloud.now + seconds),
            jitter=jitter,
        )
        policy = Policy(
            quiet=QUIET,
            longest_wait=LONGEST_WAIT,
            lease=LEASE,
            ask_airflow=ASK_AIRFLOW if airflow_of else None,
            expects_events=expects_events,
        )
        self.engine = build(ports, policy, routes)
        vars(self.engine.wake_ups)["_locks"] = defaultdict(Turns)


@dataclass
class Worker:
    """A thread of a process; what the process remembers of wake-ups it shares with the others."""

    process: Process
    busy: greenlet | None = None
    began: float = 0.0
    asleep_until: float = 0.0

    @property
    def cloud(self) -> Cloud:
        return self.process.cloud

    @property
    def engine(self) -> Engine:
        return self.process.engine

    @property
    def can_go_on(self) -> bool:
        """Whether it has something to do and does not wait for a time to come."""
        return self.busy is not None and self.cloud.now >= self.asleep_until

    def begin(self, task: Callable[[], object]) -> None:
        def run() -> None:
            try:
                task()
            except (AzureError, StateConflict):
                return

        self.busy, self.began = greenlet(run), self.cloud.now
        self.resume()

    def resume(self) -> None:
        assert self.busy is not None
        self.asleep_until = self.busy.switch() or 0.0
        if self.busy.dead:
            self.busy = None

    def notice(self) -> None:
        for route in self.process.by_name.values():
            blobs = self.cloud.folders[route.folder.prefix].values()
            written = max((blob.written for blob in blobs), default=None)
            changed_at = None if written is None else self.cloud.moment(written)
            self.engine.wake_ups.notice(route, changed_at=changed_at)

    def sweep(self) -> None:
        with suppress(ExceptionGroup):
            self.engine.sweep.run()

    def answer(self, message: Message) -> None:
        """Work a message off: it is deleted only after success, and comes back at once after a failure."""
        try:
            if message.is_for_alerts:
                assert self.engine.outbox is not None
                self.engine.outbox.deliver(self.process.by_name[message.route])
            else:
                self.engine.reconciler.answer(self.process.by_name[message.route], message.due)
            # The worker may be lost before the message is deleted.
            self.cloud.pause()
        except (AzureError, StateConflict):
            message.visible_at = self.cloud.now
            raise
        if message in self.cloud.messages:
            self.cloud.messages.remove(message)


@dataclass(frozen=True)
class Request:
    """A sync that was requested, under the id that its caller was given; `asked_at` is when the caller began to ask."""

    route: Route
    sync_id: str
    force: bool
    asked_at: float


class Simulation:
    """A run of the relay against the adversary on the tape, and then on its own until all is calm."""

    tried: ClassVar[int] = 0
    names: ClassVar[tuple[str, ...]] = ("dags/a.py", "dags/b.py")
    # How long a route may wait though nothing stands against its sync: for a sweep, and after a crash for the lease.
    longest_s = SWEEP_S + 120 + LEASE.total_seconds()

    def __init__(  # noqa: PLR0913 - what the adversary may do
        self,
        tape: Tape,
        *,
        workers: int,
        threads: int = 1,
        follows_operations: bool = False,
        storage_fails: bool = True,
        arm_fails: bool = False,
        routes: tuple[Route, ...] = (ROUTE,),
        operators: bool = False,
    ) -> None:
        Simulation.tried += 1
        self.routes, self.operators = routes, operators
        self.acknowledged: frozenset[str] | None = frozenset()
        self.tape = tape
        self.cloud = Cloud(
            tape if storage_fails or arm_fails else Tape(b""),
            tape if storage_fails else Tape(b""),
            pause=_hand_over,
            follows_operations=follows_operations,
        )
        processes = [self._process() for _ in range(workers)]
        self.workers = [Worker(process) for process in processes for _ in range(threads)]
        self.undelivered = 0
        self.written = 0
        self.last_write = 0.0
        self.requests: list[Request] = []
        self._swept = 0.0

    def disturb(self) -> None:
        """Let the adversary act until its tape is over."""
        while not self.tape.is_over:
            self.tape.pick(self._possible())()

    def burst(self, gaps: list[float]) -> None:
        """Write files, one after each gap; in between workers go on, events and sweeps come, early, late, twice."""
        self.write()
        for gap in gaps:
            self._let_pass(gap)
            self.write()

    def _let_pass(self, seconds: float) -> None:
        until = self.cloud.now + seconds
        while self.cloud.now < until:
            for _ in range(self.tape.byte() % 4):
                self.tape.pick(self._harmless())()
            self.cloud.now = min(until, self.cloud.now + self.tape.pick([5.0, 1.0, 0.5]))

    def _harmless(self) -> list[Callable[[], object]]:
        return [
            partial(worker.resume) if worker.busy is not None else step
            for worker in self.workers
            for step in (partial(worker.begin, worker.notice), partial(self.receive, worker))
            if worker.busy is None or worker.can_go_on
        ] or [lambda: None]

    def calm_down(self) -> None:
        """Let everything run without disturbance until nothing is left to do."""
        self.undelivered = 0
        if self.operators:
            self._resume_all()
        waits = Waits(self.cloud, self.routes, self.longest_s)
        for _ in range(STEPS_UNTIL_CALM):
            if self._is_calm():
                return
            self._go_on()
            waits.check()
        raise AssertionError(f"not calm after {STEPS_UNTIL_CALM} steps: {self.state()}")

    def _resume_all(self) -> None:
        """Resume every route, once no command of before is still under way."""
        for worker in self.workers:
            self.finish(worker)
        worker = self.workers[0]
        for route in self.routes:
            worker.begin(partial(worker.engine.commands.resume, route))
            self.finish(worker)

    def lose_a_process(self, after: int) -> None:
        """Let everything run without disturbance, and a process be lost after so many steps."""
        for _ in range(after):
            self._go_on()
        self._crash(self.workers[0])

    def write(self, route: Route | None = None) -> None:
        """A user writes a file; the event of it may be lost or come twice. It goes back and forth between two texts."""
        self.written += 1
        self.cloud.import_files()
        name = self.tape.pick(self.names)
        content = f"md5:{self.tape.pick('xy')}"
        route = route or self._any_route()
        self.cloud.folders[route.folder.prefix][name] = Blob(content, self.cloud.now, f"etag-{self.written}")
        self._changed(route)

    def delete(self) -> None:
        """A user deletes a file, but not the last one."""
        route = self._any_route()
        folder = self.cloud.folders[route.folder.prefix]
        if len(folder) > 1:
            self.cloud.import_files()
            folder.pop(self.tape.pick(sorted(folder)))
            self._changed(route, is_gone=True)

    def _any_route(self) -> Route:
        return self.routes[0] if len(self.routes) == 1 else self.tape.pick(self.routes)

    def state(self, route: Route = ROUTE) -> RouteState:
        return self.cloud.state(route.name)

    def record(self, request: Request) -> SyncRecord | None:
        """Return what is stored of a requested sync."""
        content, _ = self.cloud.documents.get(f"records/{request.route.name}/{request.sync_id}.json", (None, ""))
        return SyncRecord.model_validate_json(content) if content else None

    # What an operator does

    def _steer(self, worker: Worker) -> None:
        route, commands = self.tape.pick(self.routes), worker.engine.commands
        acts: list[Callable[[], object]] = [
            partial(commands.resume, route),
            partial(commands.suspend, route),
            partial(self.request, worker, route, force=True),
            partial(self.request, worker, route, force=False),
            partial(commands.look, route),
            partial(self._acknowledge, worker),
        ]
        worker.begin(self.tape.pick(acts))

    def request(self, worker: Worker, route: Route, *, force: bool) -> None:
        """A caller requests a sync, and knows its id once that is answered."""
        asked_at = self.cloud.now
        sync_id = worker.engine.commands.request_sync(route, force=force)
        self.requests.append(Request(route, sync_id, force, asked_at))

    def _acknowledge(self, worker: Worker) -> None:
        """Acknowledge removed files; after a crash in the middle of that it is open which ones are forgotten."""
        before, self.acknowledged = self.acknowledged, None
        known = worker.engine.baselines.read(self.routes[0]).removed
        worker.engine.commands.acknowledge_removed(self.routes[0])
        self.acknowledged = None if before is None else before | known.keys()

    def _reconfigure(self) -> None:
        """Change an option of the first route; the platform starts every worker anew for that."""
        first, *others = self.routes
        _, request = first.adf
        changed = replace(request, overwrite=not request.overwrite)
        self.routes = (replace(first, request=changed), *others)
        for worker in self.workers:
            self._crash(worker)
        self._changed(self.routes[0])

    def advance(self, seconds: float) -> None:
        self.cloud.now += seconds

    def _process(self) -> Process:
        return Process(self.cloud, lambda: self.tape.byte() / 255, self.routes)

    def _changed(self, route: Route, *, is_gone: bool = False) -> None:  # noqa: ARG002 - for those who tell of it
        self.last_write = self.cloud.now
        self.undelivered += self.tape.pick([1, 2, 0])

    def _possible(self) -> list[Callable[[], object]]:
        """Return what the adversary may do next, the likely things more than once."""
        steps: list[Callable[[], object]] = [self._wait, self._wait]
        if self.tape.happens(one_in=12):
            steps = [self.write, self.write, self.delete]
        elif self.operators and self.tape.happens(one_in=25):
            idle = [worker for worker in self.workers if worker.busy is None]
            return [self._reconfigure, *(partial(self._steer, worker) for worker in idle * 3)]
        for worker in self.workers:
            if worker.busy is not None:
                steps += [worker.resume] * 12 * worker.can_go_on + [partial(self._crash, worker)]
            else:
                steps += [partial(worker.begin, worker.notice)] + [partial(self.receive, worker)] * 3
        return steps

    def _wait(self) -> None:
        self.advance(self.tape.pick([0.3, 1, 2.5, 5, 7, 20, 61, 190, 700]))

    def _crash(self, worker: Worker) -> None:
        """Let a process do nothing any more, and a new one take its place."""
        lost, new = worker.process, self._process()
        self.cloud.pause = _end
        for each in self.workers:
            if each.process is lost:
                if each.busy is not None:
                    each.busy.throw()
                each.process, each.busy = new, None
        self.cloud.pause = _hand_over

    def receive(self, worker: Worker) -> bool:
        """Let an idle worker take a visible message, if there is one."""
        visible = [message for message in self.cloud.messages if message.visible_at <= self.cloud.now]
        if not visible:
            return False
        message = self.tape.pick(visible)
        message.visible_at = self.cloud.now + LOCK_S
        worker.begin(lambda: worker.answer(message))
        return True

    def finish(self, worker: Worker) -> None:
        """Let a worker go on until it is idle, and the others of its process, one of which it may wait for."""
        while worker.busy is not None:
            self._step([each for each in self.workers if each.process is worker.process])

    def _step(self, workers: Sequence[Worker]) -> bool:
        """Let those that are busy make their next step, once one is awake; return whether any is busy."""
        busy = [worker for worker in workers if worker.busy is not None]
        if busy:
            self.cloud.now = max(self.cloud.now, min(worker.asleep_until for worker in busy))
        for worker in busy:
            if worker.can_go_on:
                worker.resume()
        return bool(busy)

    def _go_on(self) -> None:
        if not self._step(self.workers) and not self._begin():
            self.advance(1)

    def _begin(self) -> bool:
        """Let an idle worker begin what is due; return whether something is."""
        if self.cloud.now < self._swept + SWEEP_S:
            return self.receive(self.workers[0])
        self._swept = self.cloud.now
        self.workers[0].begin(self.workers[0].sweep)
        return True

    def _is_calm(self) -> bool:
        """Whether a sweep after the last disturbance has found nothing to do."""
        idle = not any(worker.busy is not None for worker in self.workers)
        if not idle or self.cloud.messages or self._swept <= self.last_write:
            return False
        states = map(self.state, self.routes)
        return not any(state.failure or state.operation or state.outbox.alerts for state in states)


def _end() -> None:
    """Let the worker that crashes get no further; a greenlet that is only left alone would stay in memory."""
    raise GreenletExit


def _hand_over(asleep_until: float = 0.0) -> None:
    scheduler = greenlet.getcurrent().parent
    if scheduler is not None:
        scheduler.switch(asleep_until)
