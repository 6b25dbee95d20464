"""The promises under thousands of schedules; `make prove` runs a hundred thousand."""

import itertools
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model import promises
from tests.model.simulation import LONGEST_WAIT, ROUTE, SIBLING, Simulation
from tests.model.tape import Tape

SCHEDULES = int(os.environ.get("SCHEDULES", "1000"))

schedules = settings(
    max_examples=SCHEDULES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], database=None
)
# The longer ones, a tenth as often.
seldom = settings(schedules, max_examples=max(SCHEDULES // 10, 50))
tapes = st.binary(min_size=40, max_size=3000)
workers = st.integers(1, 4)


@schedules
@given(tape=tapes, workers=workers)
def test_crashes_storms_and_outages_lose_nothing_and_never_overlap(tape: bytes, workers: int) -> None:
    simulation = Simulation(Tape(tape), workers=workers)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    _keeps_its_promises(simulation)


@schedules
@given(tape=tapes, workers=workers, gaps=st.lists(st.floats(0, 5), max_size=30))
def test_a_burst_makes_one_call_however_its_events_come(tape: bytes, workers: int, gaps: list[float]) -> None:
    simulation = Simulation(Tape(tape), workers=workers, storage_fails=False)
    simulation.burst(_no_longer_than(60, gaps))
    simulation.calm_down()
    promises.one_call(simulation)
    promises.nothing_is_lost(simulation)


@seldom
@given(tape=tapes, workers=workers, gaps=st.lists(st.floats(0.5, 4), min_size=40, max_size=80))
def test_a_burst_that_goes_on_makes_one_call_each_longest_wait(tape: bytes, workers: int, gaps: list[float]) -> None:
    simulation = Simulation(Tape(tape), workers=workers, storage_fails=False)
    simulation.burst(gaps)
    simulation.calm_down()
    promises.one_call_each(simulation, LONGEST_WAIT.total_seconds(), sum(gaps))
    promises.nothing_is_lost(simulation)


@schedules
@given(tape=tapes, workers=workers)
def test_the_same_holds_for_syncs_that_adf_works_on_for_a_while(tape: bytes, workers: int) -> None:
    simulation = Simulation(Tape(tape), workers=workers, follows_operations=True)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    _keeps_its_promises(simulation)


@schedules
@given(tape=tapes, workers=workers, follows=st.booleans())
def test_two_routes_of_one_environment_lose_nothing_and_never_overlap(
    tape: bytes, workers: int, *, follows: bool
) -> None:
    routes = (ROUTE, SIBLING)
    simulation = Simulation(Tape(tape), workers=workers, follows_operations=follows, routes=routes)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    _keeps_its_promises(simulation)


@pytest.mark.parametrize(("follows", "steps"), [(False, 60), (True, 150)])
def test_wherever_a_process_is_lost_neither_its_route_nor_the_sibling_is_kept_waiting(
    steps: int, *, follows: bool
) -> None:
    """Step by step, not by chance: few schedules come to the end of a sync and lose the process just there."""
    for after in range(steps):
        simulation = Simulation(Tape(b""), workers=1, follows_operations=follows, routes=(ROUTE, SIBLING))
        simulation.write(ROUTE)
        simulation.workers[0].begin(simulation.workers[0].notice)
        simulation.finish(simulation.workers[0])
        simulation.write(SIBLING)
        simulation.lose_a_process(after)
        simulation.calm_down()
        _keeps_its_promises(simulation)


@schedules
@given(tape=tapes, workers=workers, follows=st.booleans())
def test_the_same_holds_while_operators_suspend_force_acknowledge_and_change_settings(
    tape: bytes, workers: int, *, follows: bool
) -> None:
    simulation = Simulation(Tape(tape), workers=workers, follows_operations=follows, operators=True)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    _keeps_its_promises(simulation)


def _no_longer_than(span: float, gaps: list[float]) -> list[float]:
    return [gap for gap, total in zip(gaps, itertools.accumulate(gaps), strict=True) if total <= span]


def _keeps_its_promises(simulation: Simulation) -> None:
    promises.nothing_is_lost(simulation)
    promises.never_two_at_once(simulation)
    promises.nothing_is_pending(simulation)
    promises.requests_are_answered(simulation)
    promises.removed_files_are_known(simulation)
    promises.alerts_are_delivered(simulation)
