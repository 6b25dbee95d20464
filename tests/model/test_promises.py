"""The promises under thousands of schedules; `make prove` runs a hundred thousand."""

import itertools
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model import promises
from tests.model.simulation import Simulation
from tests.model.tape import Tape

SCHEDULES = int(os.environ.get("SCHEDULES", "1000"))

schedules = settings(
    max_examples=SCHEDULES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], database=None
)
tapes = st.binary(min_size=40, max_size=3000)
workers = st.integers(1, 4)


@schedules
@given(tape=tapes, workers=workers)
def test_crashes_storms_and_outages_lose_nothing_and_never_overlap(tape: bytes, workers: int) -> None:
    simulation = Simulation(Tape(tape), workers=workers)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    promises.nothing_is_lost(simulation)
    promises.never_two_at_once(simulation)
    promises.nothing_is_pending(simulation)
    promises.alerts_are_delivered(simulation)


@schedules
@given(tape=tapes, workers=workers, gaps=st.lists(st.floats(0, 5), max_size=30))
def test_a_burst_makes_one_call_however_its_events_come(tape: bytes, workers: int, gaps: list[float]) -> None:
    simulation = Simulation(Tape(tape), workers=workers, storage_fails=False)
    simulation.burst(_no_longer_than(60, gaps))
    simulation.calm_down()
    promises.one_call(simulation)
    promises.nothing_is_lost(simulation)


def _no_longer_than(span: float, gaps: list[float]) -> list[float]:
    return [gap for gap, total in zip(gaps, itertools.accumulate(gaps), strict=True) if total <= span]


@schedules
@given(tape=tapes, workers=workers)
def test_the_same_holds_for_syncs_that_adf_works_on_for_a_while(tape: bytes, workers: int) -> None:
    simulation = Simulation(Tape(tape), workers=workers, follows_operations=True)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    promises.nothing_is_lost(simulation)
    promises.never_two_at_once(simulation)
    promises.nothing_is_pending(simulation)
    promises.alerts_are_delivered(simulation)
