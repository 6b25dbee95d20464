"""The benchmark's cases on a small folder, and that it notices a limit that is missed."""

from dataclasses import replace

import pytest

from benchmarks.fabric.__main__ import Case, measured, missed_limits


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    return dict(measured(60))


def test_each_changed_file_is_sent_once(cases: dict[str, Case]) -> None:
    sent = {name: case.puts for name, case in cases.items() if name != "crash"}
    assert sent == {"load": 60, "quota": 60, "1": 1, "peer 1": 1, "40": 40, "peer 40": 40}


def test_one_changed_file_takes_at_most_three_other_calls_and_a_peer_reads_all(cases: dict[str, Case]) -> None:
    assert cases["1"].other <= 3
    assert cases["peer 1"].other >= 60


def test_after_a_crash_in_the_middle_only_what_was_sent_before_it_is_sent_again(cases: dict[str, Case]) -> None:
    assert 60 < cases["crash"].puts <= 60 + 30 + 4


def test_a_full_quota_is_waited_for() -> None:
    quota = dict(measured(250))["quota"]
    assert (quota.puts, quota.refused > 0) == (250, True)
    assert quota.seconds >= quota.least_s >= 60


def test_a_limit_that_is_missed_is_told(cases: dict[str, Case]) -> None:
    fast = replace(cases["quota"], seconds=cases["quota"].least_s)
    kept = cases | {"quota": fast}
    assert list(missed_limits(kept)) == []
    assert len(list(missed_limits(kept | {"quota": replace(fast, seconds=2 * fast.least_s)}))) == 1
    assert len(list(missed_limits(kept | {"1": replace(cases["1"], other=4)}))) == 1
    assert len(list(missed_limits(kept | {"load": replace(cases["load"], puts=61)}))) == 1
