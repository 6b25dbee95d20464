import json
from typing import Any

import pytest

from shared.adf.warnings import is_same_region, warnings_of
from shared.arm.factory import FactoryRegions
from shared.errors import NoToken, ServiceError, ServiceRefusal, ServiceUnavailable
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline
from tests.unit.test_environment_api import FACTORY


def located(region: object) -> dict[str, Any]:
    return {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"location": region}}}}


class FactoryArm(RestCaller):
    """Shows a factory, or fails, and counts how often it is asked."""

    def __init__(self, *outcomes: object) -> None:
        self.now = 0.0
        self.clock = lambda: self.now
        self.deadlines: list[float] = []
        self._outcomes = iter(outcomes)

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        assert (call.method, call.url.path) == ("GET", str(FACTORY))
        self.deadlines.append(deadline_s)
        outcome = next(self._outcomes)
        if isinstance(outcome, ServiceError):
            raise outcome
        return RestAnswer(200, {}, json.dumps(outcome).encode())


def beside(regions: FactoryRegions, arm: FactoryArm, spec: dict[str, Any], seconds: float = 9.0) -> str | None:
    return regions.beside(spec, FACTORY, Deadline.after(seconds, arm.clock))


@pytest.mark.parametrize(("one", "other", "same"), [("West Europe", "westeurope", True), ("eastus", "eastus2", False)])
def test_a_region_has_a_name_to_show_and_a_short_one(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert is_same_region(one, other) is same


@pytest.mark.parametrize(
    ("asked", "factory", "warned"),
    [
        ("West Europe", "eastus", True),
        ("East US", "eastus", False),
        (None, "eastus", False),
        ("West Europe", None, False),
    ],
)
def test_a_region_that_is_not_the_factorys_is_warned_of_without_its_name(
    asked: str | None,
    factory: str | None,
    warned: bool,  # noqa: FBT001
) -> None:
    warnings = warnings_of(located(asked), factory_region=factory)
    assert [warning.path for warning in warnings] == ["properties.typeProperties.computeProperties.location"] * warned
    assert "West" not in "".join(warning.message for warning in warnings)


def test_a_factory_is_asked_once_and_only_if_a_spec_names_a_region() -> None:
    arm = FactoryArm({"location": "eastus"})
    regions = FactoryRegions(arm)
    assert beside(regions, arm, located(None)) is None
    assert [beside(regions, arm, located("East US")) for _ in range(3)] == ["eastus"] * 3
    assert arm.deadlines == [2.0]


def test_no_more_time_is_taken_than_the_request_has_left() -> None:
    arm = FactoryArm({"location": "eastus"})
    beside(FactoryRegions(arm), arm, located("East US"), seconds=1.0)
    assert arm.deadlines == [1.0]


@pytest.mark.parametrize(
    "failure",
    [
        ServiceRefusal("m", code="c", status=403),
        ServiceUnavailable("m", code="OutOfTime"),
        NoToken("m", code="NoToken"),
        {},
        [],
        {"location": None},
    ],
)
def test_a_factory_that_cannot_be_read_is_asked_again_after_minutes_only(failure: object) -> None:
    arm = FactoryArm(failure, {"location": "eastus"})
    regions = FactoryRegions(arm)
    assert [beside(regions, arm, located("East US")) for _ in range(3)] == [None] * 3
    assert len(arm.deadlines) == 1
    arm.now = 301.0
    assert beside(regions, arm, located("East US")) == "eastus"
