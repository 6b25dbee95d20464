"""Counts the schedules that were tried, so that a run can say how many bore the promises out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.model.simulation import Simulation

# Seconds for a test of a thousand schedules on a machine that others use too.
_TIMEOUT_S = 900


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("timeout") is None:
        for item in items:
            if item.path.parent == Path(__file__).parent:
                item.add_marker(pytest.mark.timeout(_TIMEOUT_S))


@pytest.fixture(scope="session", autouse=True)
def schedule_count() -> Iterator[None]:
    yield
    print(f"\n{Simulation.tried} schedules tried")  # noqa: T201 - what the run is for
