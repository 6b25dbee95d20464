"""Counts the schedules that were tried, so that a run can say how many bore the promises out."""

from collections.abc import Iterator

import pytest

from tests.model.simulation import Simulation


@pytest.fixture(scope="session", autouse=True)
def schedule_count() -> Iterator[None]:
    yield
    print(f"\n{Simulation.tried} schedules tried")  # noqa: T201 - what the run is for
