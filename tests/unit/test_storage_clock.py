"""The storage's time between its answers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.storage.clock import StorageClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Local:
    """The process's own clock, in seconds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_nothing_is_known_before_the_first_answer() -> None:
    assert StorageClock().time() is None


def test_time_goes_on_between_two_answers() -> None:
    local = Local()
    clock = StorageClock(local)
    clock.note(NOON)
    local.seconds = 2.5
    assert clock.time() == NOON + timedelta(seconds=2.5)


def test_the_answer_that_comes_soonest_after_a_full_second_tells_most() -> None:
    local = Local()
    clock = StorageClock(local)
    # The service's clock shows 12:00:00 until the local one shows 0.8.
    for local.seconds, date in [(0.1, NOON), (0.9, NOON + timedelta(seconds=1)), (1.5, NOON + timedelta(seconds=1))]:
        clock.note(date)
    assert clock.time() == NOON + timedelta(seconds=1.6)


def test_what_was_heard_long_ago_is_forgotten_because_clocks_drift() -> None:
    local = Local()
    clock = StorageClock(local)
    clock.note(NOON + timedelta(seconds=0.9))
    local.seconds = 200.0
    clock.note(NOON + timedelta(seconds=200))
    assert clock.time() == NOON + timedelta(seconds=200.9)
    local.seconds = 301.0
    assert clock.time() == NOON + timedelta(seconds=301)
    local.seconds = 600.0
    assert clock.time() is None
