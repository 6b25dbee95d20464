"""A relay that loses no worker, message or event: whatever it has to do has a wake-up, and no sweep has to find it.

ARM may be away, for long too, and storage may fail: then the queue brings a message again, Event Grid an event, and a
caller asks once more. Workers of one process share what it remembers.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from azure.core.exceptions import AzureError

from shared.airflow.address import AirflowAddress
from shared.airflow.client import AirflowClient, BasicLogin
from shared.airflow.evidence import Evidence, LoadedDag
from shared.errors import ServiceUnavailable, StateConflict
from shared.rest.urls import Service
from shared.route import Route
from shared.sync.decide import RESOLUTION
from shared.sync.engine import Engine
from shared.sync.transitions import failures_in_a_row
from tests.model.simulation import LEASE, QUIET, Process, Simulation, Worker
from tests.model.storage import Cloud
from tests.model.tape import Tape
from tests.model.waits import is_behind, is_refused

# In seconds. Two routes of an environment may have two requests each, and each sync is left alone for a while.
_LONGEST_WAIT_S = 110.0
# In seconds. No worker takes so long for its task that its lease, or its turn to look at Airflow, ends before.
_LONGEST_TASK_S = 40.0
_OUTAGES_S = (20.0, 100.0, 400.0)
_NOWHERE = AirflowAddress(Service("http://127.0.0.1:1", ""))


class Airflow(AirflowClient):
    """An Airflow that is away now and then, and has parsed what a route imported last, or not yet."""

    def __init__(self, cloud: Cloud, prefix: str) -> None:
        super().__init__(_NOWHERE, BasicLogin("", ""))
        self.cloud = cloud
        self.prefix = prefix
        self.is_asked = False

    def look(self, *, deadline_s: float) -> Evidence:
        assert deadline_s > 0
        assert not self.is_asked, "two workers look at Airflow at once"
        self.is_asked = True
        self.cloud.pause()
        self.is_asked = False
        if self.cloud.tape.happens(one_in=4):
            raise ServiceUnavailable("no answer", code="NoAnswer")
        now = self.cloud.moment(self.cloud.now)
        return Evidence("3.3.2", now, tuple(_loaded(name, now) for name in self._parsed()))

    def with_sources(self, evidence: Evidence, dags: list[LoadedDag], *, deadline_s: float) -> Evidence:
        assert deadline_s > 0
        return replace(evidence, sources={dag.dag_id: "" for dag in dags})

    def _parsed(self) -> Collection[str]:
        self.cloud.import_files()
        files = [each.files for each in self.cloud.imports if each.prefix == self.prefix and each.files]
        return files[-1] if files and not self.cloud.tape.happens(one_in=3) else ()


def _loaded(name: str, now: datetime) -> LoadedDag:
    path = name.removeprefix("dags/")
    return LoadedDag(path, path, "dags-folder", active=True, parsed_at=now, source_key="")


@dataclass(eq=False)
class Event:
    """What Event Grid tells of a change in a route's folder, until it has been taken; a deletion leaves no time."""

    route: Route
    changed_at: datetime | None

    def tell(self, engine: Engine) -> None:
        if self.changed_at is None:
            engine.wake_ups.notice(self.route, timedelta(0))
        else:
            engine.announcements.upload(self.route, self.changed_at)


class Unswept(Simulation):
    """The relay without sweeps; what has not been told yet is `untold`."""

    def __init__(
        self,
        tape: Tape,
        *,
        workers: int,
        routes: tuple[Route, ...],
        follows_operations: bool,
        storage_fails: bool,
    ) -> None:
        self.longest_s = _LONGEST_WAIT_S + (LEASE.total_seconds() if storage_fails else 0)
        self.untold: list[Event] = []
        self.airflows: dict[str, Airflow] = {}
        # Looks at Airflow would find much of what no other wake-up leads to.
        self.asks_airflow = storage_fails
        super().__init__(
            tape,
            workers=workers,
            threads=2,
            routes=routes,
            follows_operations=follows_operations,
            storage_fails=storage_fails,
            arm_fails=True,
        )

    def fail(self, times: int) -> None:
        """Let ARM be away until a sync has failed so many times in a row."""
        self.cloud.away_until = math.inf
        while max(failures_in_a_row(self.state(route)) for route in self.routes) < times:
            assert not self._is_calm(), "a sync that failed is not tried again"
            self._go_on()
        self.cloud.away_until = 0.0

    def calm_down(self) -> None:
        self.cloud.away_until = 0.0
        super().calm_down()

    def _process(self) -> Process:
        airflow_of = self._airflow if self.asks_airflow else None
        return Process(self.cloud, lambda: 1 - self.tape.byte() / 510, self.routes, airflow_of=airflow_of)

    def _airflow(self, route: Route) -> Airflow:
        return self.airflows.setdefault(route.name, Airflow(self.cloud, route.folder.prefix))

    def _changed(self, route: Route, *, is_gone: bool = False) -> None:
        self.last_write = self.cloud.now
        self.untold.append(Event(route, None if is_gone else self.cloud.moment(self.cloud.now)))

    def _possible(self) -> list[Callable[[], object]]:
        idle = [worker for worker in self.workers if worker.busy is None]
        if self.tape.happens(one_in=8):
            return [self.write, self.delete, self._outage, *(partial(self._ask, worker) for worker in idle)]
        steps: list[Callable[[], object]] = [partial(self._pass, seconds) for seconds in (0.3, 1, 2.5, 6, 20, 60)]
        for worker in self.workers:
            if worker.can_go_on:
                steps += [worker.resume] * 4 + [partial(self.finish, worker)]
        for worker in idle:
            steps += [partial(self.receive, worker)] * 2
            steps += [partial(worker.begin, partial(self._tell, worker, event)) for event in self.untold[:2]]
        return steps

    def _pass(self, seconds: float) -> None:
        """Let time pass, but not so much that a worker takes too long."""
        self._count_wake_ups()
        until = self.cloud.now + seconds
        ends = [worker.began + _LONGEST_TASK_S for worker in self.workers if worker.busy is not None]
        self.cloud.now = max(self.cloud.now, min([until, *ends]))

    def _count_wake_ups(self) -> None:
        """Of each process there is one wake-up at most for the end of a pause, or for about that time."""
        soon = self.cloud.moment(self.cloud.now) + QUIET + RESOLUTION * 2
        sent = Counter((each.route, each.due) for each in self.cloud.messages if each.due and each.due > soon)
        processes = len({worker.process for worker in self.workers})
        assert self.asks_airflow or max(sent.values(), default=0) <= processes, f"wake-ups multiply: {sent}"

    def _outage(self) -> None:
        self.cloud.away_until = self.cloud.now + self.tape.pick(_OUTAGES_S)

    def _ask(self, worker: Worker) -> None:
        """Let a caller ask for a sync, forced or not, or an operator for a look, until it is answered."""
        route = self._any_route()
        asks: list[Callable[[], object]] = [
            partial(self.request, worker, route, force=True),
            partial(self.request, worker, route, force=False),
            partial(worker.engine.commands.look, route),
        ]
        worker.begin(partial(_until_answered, self.tape.pick(asks)))

    def _tell(self, worker: Worker, event: Event) -> None:
        event.tell(worker.engine)
        if event in self.untold:
            self.untold.remove(event)

    def _begin(self) -> bool:
        if self.untold:
            self.workers[0].begin(partial(self._tell, self.workers[0], self.untold[0]))
        return bool(self.untold) or self.receive(self.workers[0])

    def _is_calm(self) -> bool:
        return not self.cloud.messages and not self.untold and all(worker.busy is None for worker in self.workers)


def _until_answered(ask: Callable[[], object]) -> None:
    while True:
        with suppress(AzureError, StateConflict):
            ask()
            return


def nothing_is_left(simulation: Unswept) -> None:
    """Each route is synced, or its import was refused as it is, and has nothing open."""
    for route in simulation.routes:
        state = simulation.state(route)
        opens = (state.pending, state.looking, state.calling, state.operation, state.requested, state.asking)
        assert not any(opens), f"{route.name} has something open, and no wake-up: {state}"
        if is_behind(state, simulation.cloud.manifest(route)):
            assert is_refused(simulation.cloud, route), f"{route.name} is behind, and has no wake-up: {state}"


def airflow_is_asked_to_the_end(simulation: Unswept) -> None:
    """Airflow was asked about the last sync until each file had a verdict, or its time was over."""
    for route in simulation.routes:
        state = simulation.state(route)
        if not simulation.asks_airflow or state.synced is None or state.failure:
            continue
        assert state.airflow, "Airflow was not asked"
        assert state.airflow.sync_id == state.synced.sync_id
        assert "Pending" not in state.airflow.states
