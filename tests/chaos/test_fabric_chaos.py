"""Pushes into a Fabric job through SIGKILL and SIGSTOP; `python -m tests.chaos --fabric` plays longer rounds."""

from pathlib import Path

import pytest

from tests import hosts
from tests.chaos.fabric import FILES, plan, play_round
from tests.chaos.plan import APPS
from tests.chaos.rounds import RECOVERY_SECONDS

SEED = 20
STRIKES = 2


@pytest.mark.timeout(RECOVERY_SECONDS + 400)
def test_a_job_equals_its_folder_after_processes_were_struck_in_the_middle_of_pushes(tmp_path: Path) -> None:
    hosts.skip_without(hosts.chosen)
    report = play_round(SEED, tmp_path, hosts.chosen, STRIKES)
    assert report.mid_push, report
    assert not report.violations, report


def test_the_seed_of_the_test_kills_every_process_in_a_push_of_all_files_and_then_stops_every_one() -> None:
    first, second = plan(SEED, STRIKES)
    assert (len(first.writes), first.blow, len(first.apps)) == (FILES, "killed", APPS)
    assert (second.blow, len(second.apps)) == ("stopped", APPS)


def test_a_plan_keeps_the_number_of_files_and_deletes_only_what_is_there() -> None:
    for seed in range(50):
        there: set[str] = set()
        for strike in plan(seed):
            assert there >= set(strike.deletions)
            there = {*there.difference(strike.deletions), *(name for name, _ in strike.writes)}
            assert len(there) == FILES


def test_the_same_seed_makes_the_same_plan() -> None:
    assert plan(7) == plan(7) != plan(8)
