"""The promises of a route into Fabric under thousands of schedules; `make prove` runs them too."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.model import fabric, promises
from tests.model.fabric import FabricSimulation
from tests.model.tape import Tape
from tests.model.test_promises import schedules, tapes, workers


@schedules
@given(tape=tapes, workers=workers)
def test_a_job_equals_its_folder_through_crashes_lost_answers_and_outages(tape: bytes, workers: int) -> None:
    simulation = FabricSimulation(Tape(tape), workers=workers)
    simulation.write()
    simulation.disturb()
    simulation.calm_down()
    fabric.job_equals_folder(simulation)
    fabric.foreign_untouched(simulation)
    promises.nothing_is_pending(simulation)
    promises.alerts_are_delivered(simulation)


@schedules
@given(tape=tapes, workers=workers)
def test_each_change_is_one_call_where_nothing_fails(tape: bytes, workers: int) -> None:
    simulation = FabricSimulation(Tape(tape), workers=workers, storage_fails=False)
    simulation.burst([1.0] * 5)
    simulation.calm_down()
    puts = [f"PUT {name}" for name in simulation.cloud.folder]
    fabric.each_change_once(simulation, puts)
    gone = min(simulation.cloud.folder)
    if len(simulation.cloud.folder) > 1:
        del simulation.cloud.folder[gone]
        simulation.calm_again()
        fabric.each_change_once(simulation, [*puts, f"DELETE {gone}"])
    fabric.job_equals_folder(simulation)


@schedules
@given(seed=st.integers(0))
def test_requests_that_arrive_after_their_answer_was_given_up_overwrite_nothing_newer(seed: int) -> None:
    """By chance, not by Hypothesis: its small tapes do not come as far as a file that changes twice."""
    chance = random.Random(seed)  # noqa: S311 - an adversary, not a secret
    simulation = FabricSimulation(Tape(chance.randbytes(3000)), workers=2, storage_fails=False, job_fails=True)
    simulation.change_for([chance.uniform(1, 30) for _ in range(10)])
    simulation.calm_down()
    fabric.job_equals_folder(simulation)
    fabric.foreign_untouched(simulation)
