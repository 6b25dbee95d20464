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


@pytest.mark.parametrize(("left", "wait_s"), [(200, 0), (20, 0), (15, 0.5), (0, 2)])
def test_the_emptier_the_bucket_the_longer_the_wait(left: int, wait_s: float) -> None:
    pace = Pace(Clock())
    pace.note("PUT", {"subscription-writes": left})
    assert pace.wait_s("POST") == wait_s


def test_the_bucket_refills_meanwhile() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note("PUT", {"subscription-writes": 0})
    clock.now += 1.5
    assert pace.wait_s("PUT") == 0.5


def test_every_kind_of_request_has_a_bucket_of_its_own() -> None:
    pace = Pace(Clock())
    pace.note("DELETE", {"subscription-deletes": 0})
    assert (pace.wait_s("GET"), pace.wait_s("PUT"), pace.wait_s("DELETE")) == (0, 0, 2)


def test_the_smallest_of_the_rests_of_a_kind_counts() -> None:
    pace = Pace(Clock())
    pace.note("GET", {"subscription-reads": 240, "subscription-global-reads": 10, "subscription-writes": 0})
    assert pace.wait_s("GET") == 0.4
