from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from shared.rest.answers import RestAnswer, retry_after_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def wait(message: str = "", **headers: str) -> float | None:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return retry_after_s(RestAnswer(429, named, b""), message, NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("1.5", 1.5),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Thu, 01 Jan 2026 00:01:00", 60),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert wait(Retry_After=value) == seconds


@pytest.mark.parametrize("value", ["", "soon", "-1", "nan", "inf", "1e3", "1_0", "٣", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_a_retry_after_that_means_nothing_is_none(value: str) -> None:
    assert wait(Retry_After=value) is None


def test_a_date_counts_from_the_servers_clock_where_it_is_told() -> None:
    date = "Thu, 01 Jan 2026 10:00:30 GMT"
    assert wait(Retry_After=date, Date="Thu, 01 Jan 2026 10:00:00 GMT") == 30


@pytest.mark.parametrize("value", ["9" * 400, "Thu, 01 Jan 9999 00:00:00 GMT"])
def test_an_absurd_wait_is_cut_to_a_day(value: str) -> None:
    assert wait(Retry_After=value) == 86400


def test_the_longest_of_all_waits_counts() -> None:
    assert wait("try again after '3' seconds", Retry_After="2", x_ms_retry_after_ms="2500") == 3


def test_the_longest_counts_of_a_header_that_came_twice() -> None:
    assert wait(Retry_After="5, 10") == 10
    assert wait(retry_after_ms="7000,2500") == 7
    assert wait(Retry_After="5, soon") is None


@given(st.text(), st.text())
def test_no_header_breaks_it(value: str, message: str) -> None:
    found = wait(message, Retry_After=value, Date=value, retry_after_ms=value)
    assert found is None or 0 <= found <= 86400
