"""Microsoft's host judges the stand-in: each scenario has to come to the same on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.functions_host import HOSTS, HostName
from tests import hosts
from tests.conformance.hosts import Host
from tests.conformance.scenario import Scenario
from tests.conformance.table import SCENARIOS
from tests.emulated_storage import Storage, running_storage

SHARED = [each for each in SCENARIOS if not each.alone]
ALONE = [each for each in SCENARIOS if each.alone]


@pytest.fixture(scope="module", params=HOSTS)
def kind(request: pytest.FixtureRequest) -> HostName:
    kind: HostName = request.param
    hosts.skip_without(kind)
    if kind == "func" and hosts.chosen != "func":
        pytest.skip("Microsoft's host is judged with --host func, as `make test-host` does")
    return kind


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    with running_storage() as storage:
        yield storage


@pytest.fixture(scope="module")
def host(kind: HostName, storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One host for all scenarios that leave it as it was."""
    with Host(kind, storage, tmp_path_factory.mktemp(kind)).running() as host:
        yield host


@pytest.mark.parametrize("scenario", SHARED, ids=[each.name for each in SHARED])
def test_both_hosts_do_the_same(host: Host, scenario: Scenario) -> None:
    assert scenario.act(host) == scenario.expected


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", ALONE, ids=[each.name for each in ALONE])
def test_both_hosts_go_through_the_same(kind: HostName, storage: Storage, scenario: Scenario, tmp_path: Path) -> None:
    if scenario.slow and hosts.chosen != "func":
        pytest.skip("it takes its time; `make test-host` runs it")
    host = Host(kind, storage, tmp_path, scenario.settings)
    assert scenario.act(host) == scenario.expected
