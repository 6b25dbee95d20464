import json
from collections.abc import Callable

import azure.functions as func
import pytest

from shared.adf.names import FactoryId
from shared.api.endpoints import ENDPOINTS
from shared.api.environments.actions import EnvironmentActions
from shared.api.environments.arm_shape import arm_shaped
from shared.api.environments.reads import EnvironmentReads
from shared.api.environments.writes import EnvironmentWrites
from tests.unit.test_environment_api import FACTORY, ScriptedArm, spec

PATH = next(endpoint.url_path for endpoint in ENDPOINTS if endpoint.name == "arm_list_environments")
VERSION = "?api-version=2018-06-01"
SUBSCRIPTION = FACTORY.subscription


def request(  # noqa: PLR0913 - all have a default
    method: str = "GET",
    query: str = VERSION,
    *,
    subscription: str = SUBSCRIPTION,
    group: str = FACTORY.resource_group,
    factory: str = FACTORY.name,
    action: str = "",
    body: object = None,
) -> func.HttpRequest:
    names = {"subscriptionId": subscription, "resourceGroupName": group, "factoryName": factory, "name": "made-here"}
    return func.HttpRequest(
        method,
        f"https://app.example{PATH.format(**names)}/made-here{action}{query}",
        headers={"Content-Type": "application/json"},
        route_params=names,
        body=json.dumps(body).encode(),
    )


def get(arm: ScriptedArm, asked: func.HttpRequest) -> func.HttpResponse:
    return arm_shaped(EnvironmentReads([FACTORY], arm).get)(asked)


@pytest.mark.parametrize("change", [str, str.upper])
def test_a_listed_factory_is_found_by_its_path_in_any_case(change: Callable[[str], str]) -> None:
    arm = ScriptedArm(spec())
    asked = request(group=change(FACTORY.resource_group), factory=change(FACTORY.name))
    assert get(arm, asked).status_code == 200
    assert [call.url.path for call in arm.calls] == [f"{FACTORY}/integrationRuntimes/made-here"]


@pytest.mark.parametrize(
    "other",
    [
        {"subscription": SUBSCRIPTION.replace("1", "2")},
        {"group": "other-rg"},
        {"group": ".."},
        {"factory": "other-adf"},
        {"factory": f"x/factories/{FACTORY.name}"},
    ],
)
def test_a_factory_that_is_not_listed_is_forbidden_in_both_shapes_and_nothing_is_sent(other: dict[str, str]) -> None:
    arm = ScriptedArm(spec())
    answer = get(arm, request(**other))
    body = json.loads(answer.get_body())
    assert (answer.status_code, answer.mimetype, body["code"]) == (403, "application/problem+json", "FactoryNotListed")
    assert body["error"] == {"code": "FactoryNotListed", "message": body["detail"]}
    assert arm.calls == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "MissingApiVersionParameter"),
        ("?api-version=", "MissingApiVersionParameter"),
        ("?api-version=2017-09-01-dry_run", "InvalidApiVersionParameter"),
        (f"{VERSION}&factory=example-adf", "InvalidQuery"),
        (f"{VERSION}&api-version=2018-06-01", "InvalidQuery"),
    ],
)
def test_the_one_version_is_asked_for_and_no_other_way_to_name_a_factory_is_taken(query: str, code: str) -> None:
    arm = ScriptedArm(spec())
    answer = get(arm, request(query=query))
    assert (answer.status_code, json.loads(answer.get_body())["error"]["code"]) == (400, code)
    assert arm.calls == []


def test_arms_clients_are_told_each_reason_of_a_refused_spec() -> None:
    writes = EnvironmentWrites([FACTORY], ScriptedArm({}))
    answer = arm_shaped(writes.put)(request("PUT", body={"properties": {"type": "SelfHosted"}}))
    message = json.loads(answer.get_body())["error"]["message"]
    assert "properties.type: " in message
    assert "properties.typeProperties: " in message


def test_our_options_work_at_arms_paths_too() -> None:
    arm = ScriptedArm(spec())
    writes = EnvironmentWrites([FACTORY], arm)
    answer = arm_shaped(writes.put)(request("PUT", f"{VERSION}&dryRun=true", body=spec(a=1)))
    assert json.loads(answer.get_body())["wouldSend"] is True
    assert [call.method for call in arm.calls] == ["GET"]


@pytest.mark.parametrize(
    ("state", "action", "status"),
    [
        ("Started", "start", 200),
        ("Stopped", "start", 202),
        ("Starting", "start", 202),
        ("Stopped", "stop", 200),
        ("Stopping", "stop", 202),
    ],
)
def test_an_action_is_over_when_the_environment_has_its_state(state: str, action: str, status: int) -> None:
    api = EnvironmentActions([FACTORY], ScriptedArm({"properties": {"type": "Airflow", "state": state}}))
    handler = {"start": api.follow_start, "stop": api.follow_stop}[action]
    answer = arm_shaped(handler)(request(action=f"/{action}"))
    assert (answer.status_code, "Location" in answer.headers) == (status, status == 202)


def test_a_factory_is_compared_as_a_whole() -> None:
    listed = FactoryId(SUBSCRIPTION, "example-rg", "second-adf")
    arm = ScriptedArm(spec())
    answer = arm_shaped(EnvironmentReads([listed], arm).get)(request(factory="second-adf", group="other"))
    assert answer.status_code == 403
