"""Scenarios that need a host of their own, since they stop it, or start it in a way of their own."""

from pathlib import Path

import pytest

from local.functions_host import HostName
from tests.conformance.conftest import skip_what_others_run
from tests.conformance.hosts import Host
from tests.conformance.scenario import Scenario
from tests.conformance.table import SCENARIOS
from tests.emulated_storage import Storage

ALONE = [each for each in SCENARIOS if each.alone]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", ALONE, ids=[each.name for each in ALONE])
def test_both_hosts_go_through_the_same(kind: HostName, storage: Storage, scenario: Scenario, tmp_path: Path) -> None:
    skip_what_others_run(kind, scenario)
    assert scenario.act(Host(kind, storage, tmp_path, scenario.settings)) == scenario.expected
