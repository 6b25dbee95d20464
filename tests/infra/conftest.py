"""Deployments that several tests look at; a process evaluates each once."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.infra.compiler import NO_COMPILER, Snapshot, found, snapshot
from tests.infra.kinds import variables

Evaluate = Callable[[str], Snapshot]


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Evaluate:
    if found() is None:
        pytest.skip(NO_COMPILER)

    @cache
    def evaluated(kind: str) -> Snapshot:
        return snapshot(tmp_path_factory.mktemp(kind), variables(kind))

    return evaluated


@pytest.fixture(scope="session")
def one_route(deployment: Evaluate) -> Snapshot:
    return deployment("one-route")


@pytest.fixture(scope="session")
def several_routes(deployment: Evaluate) -> Snapshot:
    return deployment("several-routes")


@pytest.fixture(scope="session")
def secrets(deployment: Evaluate) -> Snapshot:
    return deployment("secrets")


@pytest.fixture(scope="session")
def fabric(deployment: Evaluate) -> Snapshot:
    return deployment("fabric")
