"""All that is asked for or changed has a wake-up, under schedules that lose no worker, message or event."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.model import promises, unswept
from tests.model.simulation import ROUTE, SIBLING
from tests.model.tape import Tape
from tests.model.test_promises import SCHEDULES, schedules
from tests.model.unswept import Unswept

# A pause is over at the end of a long tape, and most of what a worker had to do at the beginning.
LENGTHS = (100, 300, 1000)


@settings(schedules, max_examples=max(50, SCHEDULES // 4))
@given(
    seed=st.integers(0, 2**32 - 1),
    workers=st.integers(1, 2),
    failures=st.integers(0, 8),
    siblings=st.booleans(),
    follows=st.booleans(),
    fails=st.booleans(),
)
def test_no_request_upload_retry_or_look_at_airflow_is_left_to_a_sweep(  # noqa: PLR0913 - what may be
    seed: int, workers: int, failures: int, *, siblings: bool, follows: bool, fails: bool
) -> None:
    chance, tape = Random(seed), Tape(b"")  # noqa: S311 - a repeatable schedule
    simulation = Unswept(
        tape,
        workers=workers,
        routes=(ROUTE, SIBLING) if siblings else (ROUTE,),
        follows_operations=follows,
        storage_fails=fails,
    )
    simulation.write()
    simulation.fail(failures)
    tape.content = chance.randbytes(chance.choice(LENGTHS))
    simulation.disturb()
    simulation.calm_down()
    unswept.nothing_is_left(simulation)
    unswept.airflow_is_asked_to_the_end(simulation)
    promises.never_two_at_once(simulation)
    promises.requests_are_answered(simulation)
