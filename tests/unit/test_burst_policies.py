from benchmarks.burst.__main__ import main
from benchmarks.burst.bursts import BURSTS
from benchmarks.burst.policies import by_events, by_scans, relay


def test_no_policy_of_today_beats_the_relay_on_both_calls_and_seconds() -> None:
    assert main() == 0


def test_a_storm_of_7500_events_is_one_call_and_few_storage_requests_beside_one_read_a_file() -> None:
    outcome = relay(by_events, BURSTS["2,500 files x 3 in 30 s"], 0.5)
    assert len(outcome.calls) == 1
    assert outcome.storage_requests is not None
    assert outcome.storage_requests < 2500 + 200


def test_a_burst_that_a_host_finds_by_polling_is_one_call_too() -> None:
    assert len(relay(by_scans, BURSTS["200 files in 20 s"], 0.5).calls) == 1


def test_a_burst_that_goes_on_for_ten_minutes_is_synced_about_once_a_minute() -> None:
    assert 10 <= len(relay(by_events, BURSTS["a file every 4 s for 10 min"], 0.5).calls) <= 12
