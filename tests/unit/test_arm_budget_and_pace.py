import pytest

from shared.rest.limits import Pace, RetryBudget


def test_a_dead_arm_gets_ten_retries_and_no_more() -> None:
    budget, retries = RetryBudget(), 0
    while budget.allows_retry:
        budget.spend()
        retries += 1
    assert retries == 10


def test_five_successes_earn_a_retry() -> None:
    budget = RetryBudget(level=0)
    for _ in range(4):
        budget.earn(attempt=1)
    assert not budget.allows_retry
    budget.earn(attempt=1)
    assert budget.allows_retry


def test_a_retry_that_helped_is_given_back() -> None:
    budget = RetryBudget(level=1)
    budget.spend()
    budget.earn(attempt=2)
    assert budget.allows_retry


def test_savings_have_a_limit() -> None:
    budget = RetryBudget()
    budget.earn(attempt=2)
    assert budget.level == 10


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def distance(pace: Pace, method: str) -> float:
    """Return the seconds between a request with this method and the next one."""
    assert pace.turn(method) == 0
    return pace.turn(method)


@pytest.mark.parametrize(("left", "seconds"), [(200, 0), (100, 0), (90, 0.8), (50, 4), (0, 8)])
def test_the_less_is_left_the_further_requests_are_apart(left: int, seconds: float) -> None:
    pace = Pace(Clock())
    pace.note("PUT", {"subscription-writes": left})
    assert distance(pace, "POST") == pytest.approx(seconds)


def test_requests_of_a_process_take_turns() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note("PUT", {"subscription-writes": 0})
    went = 0
    for _ in range(80):
        went += pace.turn("PUT") == 0
        clock.now += 0.5
    assert went == 5


def test_a_turn_that_was_missed_is_not_made_up_for() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note("PUT", {"subscription-writes": 0})
    assert pace.turn("PUT") == 0
    clock.now += 100
    assert distance(pace, "PUT") == pytest.approx(8)


def test_every_kind_of_request_has_a_bucket_of_its_own() -> None:
    pace = Pace(Clock())
    pace.note("DELETE", {"subscription-deletes": 0})
    assert [distance(pace, method) for method in ("GET", "PUT", "DELETE")] == [0, 0, pytest.approx(8)]


def test_the_smallest_of_the_rests_of_a_kind_counts() -> None:
    pace = Pace(Clock())
    pace.note("GET", {"subscription-reads": 240, "subscription-global-reads": 75, "subscription-writes": 0})
    assert distance(pace, "GET") == pytest.approx(2)


@pytest.mark.parametrize("quota", [{"subscription-writes": 150}, {}])
def test_after_a_429_nothing_is_left_until_the_next_answer(quota: dict[str, int]) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.used_up("PUT")
    assert distance(pace, "POST") == pytest.approx(8)
    clock.now += 8
    pace.note("PUT", quota)
    assert distance(pace, "POST") == 0
