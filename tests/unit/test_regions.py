import json
from typing import Any

import azure.functions as func
import pytest

from shared.adf.warnings import is_same_region, warnings_of
from shared.api.environments.writes import EnvironmentWrites
from shared.errors import NoToken, ServiceError, ServiceRefusal, ServiceUnavailable
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from tests.unit.test_environment_api import FACTORY

PATH = "properties.typeProperties.computeProperties.location"


def located(region: object) -> dict[str, Any]:
    return {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"location": region}}}}


class FactoryArm(RestCaller):
    """Has one environment, and a factory that is shown or not."""

    def __init__(self, factory: object) -> None:
        self.clock = lambda: 0.0
        self.asked: list[tuple[str, float]] = []
        self._factory = factory

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        if call.url.path != str(FACTORY):
            return RestAnswer(200, {}, json.dumps(located(None)).encode())
        self.asked.append((call.method, deadline_s))
        if isinstance(self._factory, ServiceError):
            raise self._factory
        return RestAnswer(200, {}, json.dumps(self._factory).encode())


def put(arm: RestCaller, region: object, query: str = "?dryRun=true", seconds: float = 9.0) -> func.HttpResponse:
    request = func.HttpRequest(
        "PUT",
        f"https://app.example/api/environments/made-here{query}",
        headers={"Content-Type": "application/json"},
        route_params={"name": "made-here"},
        body=json.dumps(located(region)).encode(),
    )
    answer: func.HttpResponse = EnvironmentWrites([FACTORY], arm, arm_seconds=seconds).put(request)
    assert answer.status_code == 200
    return answer


def warned(answer: func.HttpResponse) -> list[str]:
    return [warning["path"] for warning in json.loads(answer.get_body())["warnings"]]


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
    assert [warning.path for warning in warnings] == [PATH] * warned
    assert "West" not in "".join(warning.message for warning in warnings)


def test_a_dry_run_asks_the_factory_for_its_region() -> None:
    arm = FactoryArm({"location": "eastus"})
    assert warned(put(arm, "West Europe")) == [PATH]
    assert warned(put(arm, "East US")) == []
    assert arm.asked == [("GET", 2.0)] * 2


@pytest.mark.parametrize("query", ["", "?ifChanged=true"])
def test_a_put_makes_no_extra_call(query: str) -> None:
    arm = FactoryArm({"location": "eastus"})
    assert "X-Relay-Warnings" not in put(arm, "West Europe", query).headers
    assert arm.asked == []


def test_a_dry_run_of_a_spec_without_a_region_makes_no_extra_call() -> None:
    arm = FactoryArm({"location": "eastus"})
    put(arm, None)
    assert arm.asked == []


def test_no_more_time_is_taken_than_the_request_has_left() -> None:
    arm = FactoryArm({"location": "eastus"})
    put(arm, "West Europe", seconds=1.0)
    assert arm.asked == [("GET", 1.0)]


@pytest.mark.parametrize(
    "factory",
    [
        ServiceRefusal("m", code="c", status=403),
        ServiceUnavailable("m", code="OutOfTime"),
        NoToken("m", code="NoToken"),
        {},
        [],
        {"location": None},
    ],
)
def test_a_factory_that_cannot_be_read_costs_the_warning_and_nothing_else(factory: object) -> None:
    assert warned(put(FactoryArm(factory), "West Europe")) == []
