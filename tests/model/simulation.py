"""Many workers on one storage, in virtual time: at each call of storage or ADF the adversary decides who goes on.

A worker is a greenlet: its storage calls hand over to the scheduler, which resumes it later, or never, which is a
crash. So each schedule of calls, crashes, delays and duplicates that the tape spells is one that could happen.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import ClassVar

from greenlet import GreenletExit, greenlet

from shared.errors import StateConflict
from shared.route import Route
from shared.sync.decide import Policy
from shared.sync.engine import Ports, Receiver, build
from shared.sync.state import RouteState
from shared.targets.port import Target
from tests.model.storage import AlertQueue, Blob, Cloud, Message
from tests.model.tape import Tape
from tests.unit.memory import make_route

ROUTE = make_route()
# Another folder of the same environment.
SIBLING = make_route("sibling", folder="files/sibling")
LEASE = timedelta(seconds=180)
QUIET = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=60)
SWEEP_S = 300.0
# A message of a crashed worker comes back after this time, as the queue trigger's lock of ten minutes ends.
LOCK_S = 600.0
STEPS_UNTIL_CALM = 20_000


@dataclass
class Worker:
    """One process of the app: its memory is lost when it crashes, and a new one takes its place."""

    cloud: Cloud
    jitter: Callable[[], float]
    routes: tuple[Route, ...] = (ROUTE,)
    target: Target | None = None
    expects_events: bool = False
    busy: greenlet | None = None
    asleep_until: float = 0.0

    def __post_init__(self) -> None:
        ports = Ports(
            documents=self.cloud,
            wake_ups=self.cloud,
            list_folder=self.cloud.list_folder,
            list_folders=self.cloud.list_folders,
            read_files=self.cloud.read_files,
            fetch_file=self.cloud.fetch,
            target_of=lambda _: self.target or self.cloud,
            receiver=Receiver(AlertQueue(self.cloud), self.cloud.take),
            clock=lambda: self.cloud.now,
            sleep=self.sleep,
            jitter=self.jitter,
        )
        policy = Policy(quiet=QUIET, longest_wait=LONGEST_WAIT, lease=LEASE, expects_events=self.expects_events)
        self.engine = build(ports, policy, self.routes)
        self.by_name = {route.name: route for route in self.routes}

    @property
    def can_go_on(self) -> bool:
        """Whether it has something to do and does not wait for a time to come."""
        return self.busy is not None and self.cloud.now >= self.asleep_until

    def sleep(self, seconds: float) -> None:
        self.asleep_until = self.cloud.now + seconds
        _hand_over()

    def begin(self, task: Callable[[], object]) -> None:
        def run() -> None:
            try:
                task()
            except (ConnectionError, StateConflict):
                return

        self.busy = greenlet(run)
        self.resume()

    def resume(self) -> None:
        assert self.busy is not None
        self.busy.switch()
        if self.busy.dead:
            self.busy = None

    def notice(self) -> None:
        for route in self.routes:
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
                self.engine.outbox.deliver(self.by_name[message.route])
            else:
                self.engine.reconciler.answer(self.by_name[message.route], message.due)
        except (ConnectionError, StateConflict):
            message.visible_at = self.cloud.now
            raise
        if message in self.cloud.messages:
            self.cloud.messages.remove(message)


class Simulation:
    """A run of the relay against the adversary on the tape, and then on its own until all is calm."""

    tried: ClassVar[int] = 0
    names: ClassVar[tuple[str, ...]] = ("dags/a.py", "dags/b.py")

    def __init__(  # noqa: PLR0913 - what the adversary may do
        self,
        tape: Tape,
        *,
        workers: int,
        follows_operations: bool = False,
        storage_fails: bool = True,
        routes: tuple[Route, ...] = (ROUTE,),
        operators: bool = False,
    ) -> None:
        Simulation.tried += 1
        self.routes, self.operators = routes, operators
        self.acknowledged: frozenset[str] | None = frozenset()
        self.tape = tape
        faults = tape if storage_fails else Tape(b"")
        self.cloud = Cloud(faults, pause=_hand_over, follows_operations=follows_operations)
        self.workers = [self._worker() for _ in range(workers)]
        self.undelivered = 0
        self.written = 0
        self.last_write = 0.0
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
        for _ in range(STEPS_UNTIL_CALM):
            if self._is_calm():
                return
            self._go_on()
        raise AssertionError(f"not calm after {STEPS_UNTIL_CALM} steps: {self.state()}")

    def _resume_all(self) -> None:
        """Resume every route, once no command of before is still under way."""
        for worker in self.workers:
            self.finish(worker)
        worker = self.workers[0]
        for route in self.routes:
            worker.begin(partial(worker.engine.commands.resume, route))
            self.finish(worker)

    def write(self) -> None:
        """A user writes a file; the event of it may be lost or come twice. It goes back and forth between two texts."""
        self.written += 1
        self.cloud.import_files()
        name = self.tape.pick(self.names)
        content = f"md5:{self.tape.pick('xy')}"
        self._folder()[name] = Blob(content, self.cloud.now, f"etag-{self.written}")
        self._changed()

    def delete(self) -> None:
        """A user deletes a file, but not the last one."""
        folder = self._folder()
        if len(folder) > 1:
            self.cloud.import_files()
            folder.pop(self.tape.pick(sorted(folder)))
            self._changed()

    def _folder(self) -> dict[str, Blob]:
        route = self.routes[0] if len(self.routes) == 1 else self.tape.pick(self.routes)
        return self.cloud.folders[route.folder.prefix]

    def state(self, route: Route = ROUTE) -> RouteState:
        content, _ = self.cloud.documents.get(f"routes/{route.name}.json", (b"{}", ""))
        return RouteState.model_validate_json(content)

    # What an operator does

    def _steer(self, worker: Worker) -> None:
        route, commands = self.tape.pick(self.routes), worker.engine.commands
        acts: list[Callable[[], object]] = [
            partial(commands.resume, route),
            partial(commands.suspend, route),
            partial(commands.request_sync, route, force=True),
            partial(commands.request_sync, route, force=False),
            partial(commands.look, route),
            partial(self._acknowledge, worker),
        ]
        worker.begin(self.tape.pick(acts))

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
        for worker in [*self.workers]:
            self._crash(worker)
        self._changed()

    def advance(self, seconds: float) -> None:
        self.cloud.now += seconds

    def _worker(self) -> Worker:
        return Worker(self.cloud, lambda: self.tape.byte() / 255, self.routes)

    def _changed(self) -> None:
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
        """Let a worker do nothing any more, and a new one take its place."""
        if worker.busy is not None:
            self.cloud.pause = _end
            worker.busy.throw()
            self.cloud.pause = _hand_over
        self.workers[self.workers.index(worker)] = self._worker()

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
        """Let a worker go on until it is idle."""
        while worker.busy is not None:
            self._go_on_with(worker)

    def _go_on_with(self, worker: Worker) -> None:
        """Let a worker make its next step, once it is awake."""
        self.cloud.now = max(self.cloud.now, worker.asleep_until)
        worker.resume()

    def _go_on(self) -> None:
        busy = next((worker for worker in self.workers if worker.busy is not None), None)
        if busy is not None:
            self._go_on_with(busy)
        elif self.cloud.now >= self._swept + SWEEP_S:
            self._swept = self.cloud.now
            self.workers[0].begin(self.workers[0].sweep)
        elif not self.receive(self.workers[0]):
            self.advance(1)

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


def _hand_over() -> None:
    scheduler = greenlet.getcurrent().parent
    if scheduler is not None:
        scheduler.switch()
