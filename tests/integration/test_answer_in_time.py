"""An answer comes within one budget of time, however many ARM calls it takes; the emulator plays a slow ARM."""

import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest
import requests

from local.app_settings import sample
from shared.adf.names import FactoryId
from shared.api.environments.actions import EnvironmentActions
from shared.api.environments.reads import EnvironmentReads
from shared.api.environments.writes import EnvironmentWrites
from shared.rest.caller import RestCaller
from shared.rest.urls import Service
from shared.storage.connections import credential

FACTORY = FactoryId.parse(sample()["RELAY_FACTORY"])
SPEC = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "West Europe", "extraNodes": 1},
            "airflowProperties": {"enableAADIntegration": True},
        },
    }
}
SHORT_S = 0.5


@pytest.fixture
def arm(cloud: Service) -> RestCaller:
    arm = RestCaller(cloud, credential())
    arm.check_token(deadline_s=30)
    return arm


@pytest.fixture
def slow(emulator: str) -> Callable[[str, str], None]:
    def let(method: str, path: str) -> None:
        fault = {"match": {"method": method, "path_contains": path}, "times": None, "answer": {"delay_s": 60}}
        requests.post(f"{emulator}/_emulator/faults", json=fault, timeout=10).raise_for_status()

    return let


@pytest.fixture
def asked(emulator: str) -> Callable[[], list[str]]:
    def methods() -> list[str]:
        return [entry["method"] for entry in requests.get(f"{emulator}/_emulator/journal", timeout=10).json()]

    return methods


def request(method: str, query: str = "", body: Any = SPEC) -> func.HttpRequest:  # noqa: ANN401 - JSON
    return func.HttpRequest(
        method,
        f"https://app.example/api/environments/sample-2{query}",
        headers={"Content-Type": "application/json"},
        route_params={"name": "sample-2"},
        body=json.dumps(body).encode(),
    )


def is_later(answer: func.HttpResponse) -> bool:
    return answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1


def test_after_a_look_that_took_all_the_time_nothing_is_done(
    arm: RestCaller, slow: Callable[[str, str], None], asked: Callable[[], list[str]]
) -> None:
    slow("GET", "/sample-2")
    reads = EnvironmentReads([FACTORY], arm, arm_seconds=SHORT_S)
    actions = EnvironmentActions([FACTORY], arm, arm_seconds=SHORT_S)
    writes = EnvironmentWrites([FACTORY], arm, arm_seconds=SHORT_S)
    assert is_later(reads.get(request("GET")))
    assert is_later(actions.delete(request("DELETE")))
    assert is_later(actions.start(request("POST")))
    assert is_later(writes.patch(request("PATCH")))
    assert is_later(writes.put(request("PUT", "?ifChanged=true")))
    assert set(asked()) == {"GET"}


def test_a_put_that_takes_too_long_is_to_be_tried_again(arm: RestCaller, slow: Callable[[str, str], None]) -> None:
    slow("PUT", "/sample-2")
    assert is_later(EnvironmentWrites([FACTORY], arm, arm_seconds=SHORT_S).put(request("PUT")))


def test_a_factory_that_cannot_be_read_costs_a_dry_run_its_warning(
    arm: RestCaller, emulator: str, asked: Callable[[], list[str]]
) -> None:
    refused = {"match": {"path_contains": "/integrationRuntimes/"}, "answer": {"headers": {"x-seen": "1"}}, "times": 9}
    forbidden = {"answer": {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "No."}}}}
    requests.post(f"{emulator}/_emulator/faults", json=[refused, forbidden], timeout=10).raise_for_status()
    planned = EnvironmentWrites([FACTORY], arm).put(request("PUT", "?dryRun=true"))
    assert (planned.status_code, json.loads(planned.get_body())["warnings"]) == (200, [])
    assert asked() == ["GET", "GET"]


def test_a_dry_run_warns_of_a_region_that_is_not_the_factorys_and_a_put_does_not_ask(
    arm: RestCaller, asked: Callable[[], list[str]]
) -> None:
    writes = EnvironmentWrites([FACTORY], arm)
    (warning,) = json.loads(writes.put(request("PUT", "?dryRun=true")).get_body())["warnings"]
    assert warning["path"].endswith("computeProperties.location")
    assert "X-Relay-Warnings" not in writes.put(request("PUT")).headers
    assert asked() == ["GET", "GET", "PUT"]
