"""What the demo says of an act: which calls it took, and how long after the change the last one came."""

from datetime import UTC, datetime, timedelta

from local.demo.fabric import Act
from local.demo.observe import JobCall

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def act(*calls: tuple[str, float]) -> Act:
    made = tuple(JobCall(method, NOON + timedelta(seconds=seconds)) for method, seconds in calls)
    return Act("burst", 3, 2, made, NOON)


def test_calls_are_counted_by_what_they_do_and_timed_from_the_change() -> None:
    calls = act(("GET", 1), ("PUT", 2), ("PUT", 2.5), ("DELETE", 4), ("GET", 9))
    assert calls.sent == (2, 1)
    assert calls.row() == ("burst", "3", "2", "2", "1", "2", "4.0")


def test_an_act_that_changes_nothing_has_no_time() -> None:
    assert act(("GET", 1)).row() == ("burst", "3", "2", "0", "0", "1", "-")
