"""A short round on the real stack; `python -m tests.chaos` plays long ones."""

from pathlib import Path

import pytest

from tests import hosts
from tests.chaos.rounds import RECOVERY_SECONDS, play_round

SEED = 8
SECONDS = 35.0


@pytest.mark.timeout(SECONDS + RECOVERY_SECONDS + 120)
def test_every_last_version_is_imported_once_at_a_time_and_nothing_is_left(tmp_path: Path) -> None:
    hosts.skip_without(hosts.chosen)
    report = play_round(SEED, SECONDS, tmp_path, hosts.chosen)
    assert not report.violations, report
