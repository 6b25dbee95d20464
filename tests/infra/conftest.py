"""Deployments that several tests look at; each is evaluated once."""

import pytest

from tests.infra.compiler import Snapshot, found, snapshot
from tests.infra.kinds import variables


def evaluated(kind: str, factory: pytest.TempPathFactory) -> Snapshot:
    if found() is None:
        pytest.skip("no Bicep compiler")
    return snapshot(factory.mktemp(kind), variables(kind))


@pytest.fixture(scope="session")
def one_route(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return evaluated("one-route", tmp_path_factory)


@pytest.fixture(scope="session")
def several_routes(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return evaluated("several-routes", tmp_path_factory)


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return evaluated("secrets", tmp_path_factory)
