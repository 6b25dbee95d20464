from datetime import UTC, datetime, timedelta

import pytest

from local.arm.throttle import RULES, Throttle, kind_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def empty() -> Throttle:
    throttle = Throttle()
    for _ in range(RULES["writes"].capacity):
        assert throttle.take("me", "writes", NOW) == 0
    return throttle


@pytest.mark.parametrize(
    ("method", "kind"),
    [("GET", "reads"), ("HEAD", "reads"), ("PUT", "writes"), ("POST", "writes"), ("DELETE", "deletes")],
)
def test_a_post_counts_as_a_write(method: str, kind: str) -> None:
    assert kind_of(method) == kind


def test_an_empty_bucket_asks_to_wait(empty: Throttle) -> None:
    assert empty.take("me", "writes", NOW) == 1


def test_a_bucket_fills_up_with_time(empty: Throttle) -> None:
    assert empty.remaining("me", "writes", NOW + timedelta(seconds=2)) == 20
    assert empty.take("me", "writes", NOW + timedelta(seconds=2)) == 0


def test_a_bucket_does_not_overflow(empty: Throttle) -> None:
    assert empty.remaining("me", "writes", NOW + timedelta(hours=1)) == 200


def test_principals_and_kinds_have_buckets_of_their_own(empty: Throttle) -> None:
    assert empty.take("me", "reads", NOW) == 0
    assert empty.take("you", "writes", NOW) == 0


def test_a_clock_that_goes_back_takes_nothing_away(empty: Throttle) -> None:
    assert empty.remaining("me", "writes", NOW - timedelta(seconds=5)) == 0
