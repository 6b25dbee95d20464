from datetime import UTC, datetime, timedelta

import pytest

from local.host.queues import SHORTEST, Backoff
from local.host.schedule import Schedule
from local.host.timer_status import TimerStatus, at_start

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 */5 * * * *", NOON + timedelta(minutes=5)),
        ("*/2 * * * * *", NOON + timedelta(seconds=2)),
        ("*/5 * * * *", NOON + timedelta(minutes=5)),
        ("0 30 9 * * 1-5", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        # As the timer extension's own parser answered: both days have to match, and a reversed range is swapped.
        ("0 0 0 13 * 5", datetime(2027, 8, 13, tzinfo=UTC)),
        ("0 0 0 1,15 * 1", datetime(2027, 2, 1, tzinfo=UTC)),
        ("0 0 22-2 * * *", datetime(2026, 11, 22, 13, tzinfo=UTC)),
        ("0 50-10 * * * *", datetime(2026, 11, 22, 12, 10, tzinfo=UTC)),
        ("0 0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0 0 0 30 2 *", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_next_time_is_strictly_after_the_moment(text: str, expected: datetime) -> None:
    assert Schedule.parse(text).next_after(NOON) == expected


@pytest.mark.parametrize("text", ["", "nonsense", "61 * * * * *", "00:00:10"])
def test_what_is_no_ncrontab_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Schedule.parse(text)


def test_interval_decides_whether_a_timer_is_monitored() -> None:
    minute = timedelta(minutes=1)
    assert Schedule.parse("*/30 * * * * *").is_shorter_than(minute, NOON)
    assert not Schedule.parse("0 * * * * *").is_shorter_than(minute, NOON)
    assert not Schedule.parse("0 0 0 30 2 *").is_shorter_than(minute, NOON)


def test_status_of_a_timer_survives_being_stored() -> None:
    for last in (None, NOON):
        status = TimerStatus(last=last, next=NOON + timedelta(hours=1), updated=NOON)
        assert TimerStatus.parse(status.as_json().encode()) == status


def test_a_run_is_missed_only_by_the_schedule_that_it_was_due_by() -> None:
    hourly = Schedule.parse("0 0 * * * *")
    early, hour = NOON - timedelta(hours=5), timedelta(hours=1)
    new = at_start(None, hourly, NOON)
    assert new == TimerStatus(None, NOON + hour, NOON)
    missed = TimerStatus(early, early + hour, early)
    assert at_start(missed, hourly, NOON) == missed
    by_another = TimerStatus(early, early + timedelta(minutes=7), early)
    assert at_start(by_another, hourly, NOON) == TimerStatus(None, NOON + hour, early)
    never_ran = TimerStatus(None, early + hour, early)
    assert at_start(never_ran, hourly, NOON) == never_ran


def test_polls_slow_down_while_they_find_nothing_and_speed_up_when_they_find_something() -> None:
    backoff = Backoff(2.0, factor=lambda _low, _high: 1.0)
    waits = [backoff.next(found=False) for _ in range(7)]
    assert waits == [SHORTEST, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert backoff.next(found=True) == SHORTEST
    assert backoff.next(found=False) == SHORTEST
