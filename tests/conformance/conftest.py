"""Which host a scenario is for, and what the scenarios share."""

from collections.abc import Iterator

import pytest

from local.functions_host import HOSTS, HostName
from tests import hosts
from tests.conformance.hosts import POLLED, Host
from tests.conformance.scenario import Scenario
from tests.emulated_storage import Storage, running_storage


@pytest.fixture(scope="module", params=HOSTS)
def kind(request: pytest.FixtureRequest) -> HostName:
    kind: HostName = request.param
    if kind == "func" and hosts.chosen != "func":
        pytest.skip("Microsoft's host is asked with --host func, as `make test-host` does")
    hosts.skip_without(kind)
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


@pytest.fixture(scope="module")
def polling_host(kind: HostName, storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One more, for the scenarios about blobs that the host finds."""
    with Host(kind, storage, tmp_path_factory.mktemp(kind), POLLED).running() as host:
        yield host


def skip_what_others_run(kind: HostName, scenario: Scenario) -> None:
    """Skip what takes long where only the stand-in is tested, and there what has been run without."""
    if scenario.slow and hosts.chosen == "standin":
        pytest.skip("slow; `make test-host` runs it")
    if kind == "standin" and hosts.chosen == "func" and not scenario.slow:
        pytest.skip("`make test` runs it")
