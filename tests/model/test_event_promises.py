"""Whether events arrive is told rightly, under schedules of sweeps, requests and looks that overtake each other."""

from collections.abc import Callable
from functools import partial
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.route import Route
from tests.model.simulation import ROUTE, Process, Simulation, Worker
from tests.model.tape import Tape
from tests.model.test_promises import SCHEDULES, schedules

# Events come within the quiet window.
LATEST_S = 5.0


class Announced(Simulation):
    """Every write has an event, which comes in time; `open` has those that are not taken yet, and when they are due."""

    def __init__(self, tape: Tape, *, workers: int) -> None:
        self.open: dict[int, float] = {}
        super().__init__(tape, workers=workers, storage_fails=False)

    def _process(self) -> Process:
        return Process(self.cloud, lambda: self.tape.byte() / 255, expects_events=True)

    def _changed(self, route: Route, *, is_gone: bool = False) -> None:
        super()._changed(route, is_gone=is_gone)
        self.open[self.written] = self.cloud.now + LATEST_S

    def _possible(self) -> list[Callable[[], object]]:
        steps: list[Callable[[], object]] = [partial(self._pass, seconds) for seconds in (0.3, 1, 2.5, 61, 300)]
        if self.tape.happens(one_in=30):
            steps = [self.write]
        for worker in self.workers:
            if worker.busy is not None:
                steps += [worker.resume] * 6 if worker.can_go_on else []
            else:
                asks = partial(worker.engine.commands.request_sync, ROUTE, force=False)
                tasks: list[Callable[[], object]] = [
                    worker.sweep,
                    asks,
                    *(partial(self._tell, worker, number) for number in self.open),
                ]
                steps += [partial(worker.begin, task) for task in tasks]
                steps += [partial(self.receive, worker)] * 3
        return steps

    def _pass(self, seconds: float) -> None:
        """Let time pass, but not beyond the moment by which an event has to be there."""
        self.cloud.now = min([self.cloud.now + seconds, *(max(due, self.cloud.now) for due in self.open.values())])

    def tell_all(self) -> None:
        """Let every event arrive."""
        for worker in self.workers:
            self.finish(worker)
        for number in tuple(self.open):
            self._tell(self.workers[0], number)

    def sweep(self) -> None:
        """Sweep, and let one worker answer what is due."""
        self.advance(300)
        worker = self.workers[0]
        worker.begin(worker.sweep)
        self.finish(worker)
        while self.receive(worker):
            self.finish(worker)

    def _tell(self, worker: Worker, number: int) -> None:
        worker.engine.announcements.upload(ROUTE)
        self.open.pop(number, None)


@settings(schedules, max_examples=max(10, SCHEDULES // 10))
@given(seed=st.integers(0, 2**32 - 1), workers=st.integers(1, 3))
def test_events_that_come_in_time_are_never_missed(seed: int, workers: int) -> None:
    simulation = Announced(Tape(Random(seed).randbytes(2000)), workers=workers)  # noqa: S311 - a repeatable schedule
    simulation.write()
    simulation.disturb()
    simulation.tell_all()
    for _ in range(2):
        simulation.sweep()
    states = simulation.cloud.states[ROUTE.name]
    assert [state.arrivals.unannounced for state in states if state.arrivals.unannounced] == []
