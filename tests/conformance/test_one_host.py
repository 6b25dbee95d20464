"""Scenarios on one host: it has to come to the same on Microsoft's and on the stand-in."""

import pytest

from local.functions_host import HostName
from tests.conformance.conftest import skip_what_others_run
from tests.conformance.scenario import Scenario
from tests.conformance.table import SCENARIOS

SHARED = [each for each in SCENARIOS if not each.alone]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("scenario", SHARED, ids=[each.name for each in SHARED])
def test_both_hosts_do_the_same(kind: HostName, scenario: Scenario, request: pytest.FixtureRequest) -> None:
    skip_what_others_run(kind, scenario)
    host = request.getfixturevalue("polling_host" if scenario.polled else "host")
    assert scenario.act(host) == scenario.expected
