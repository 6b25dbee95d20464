import json
from typing import Any

import azure.functions as func
import pytest

from shared.api.environments.writes import EnvironmentWrites
from tests.unit.test_environment_api import CANARY, FACTORY, ScriptedArm, spec

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
LOGIN = "properties.typeProperties.airflowProperties"


def shown(**airflow: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return an environment as Data Factory shows it."""
    environment = spec(enableAADIntegration=True, airflowWebUrl="https://made.example", **airflow)
    environment["properties"]["state"] = "Started"
    return {"id": "/i", "name": "made-here", "type": "t", "etag": "e1", **environment}


def patch(arm: ScriptedArm, body: object, query: str = "", **headers: str) -> func.HttpResponse:
    request = func.HttpRequest(
        "PATCH",
        f"https://app.example/api/environments/made-here{query}",
        headers=MERGE_PATCH | {name.replace("_", "-"): value for name, value in headers.items()},
        route_params={"name": "made-here"},
        body=json.dumps(body).encode(),
    )
    answer: func.HttpResponse = EnvironmentWrites([FACTORY], arm).patch(request)
    return answer


def problem(answer: func.HttpResponse) -> tuple[int, str | None, list[str]]:
    body = json.loads(answer.get_body())
    return answer.status_code, body.get("code"), [error["path"] for error in body.get("errors", [])]


def test_a_patch_is_a_get_and_a_put_of_the_version_that_was_read_without_what_the_server_made() -> None:
    arm = ScriptedArm(shown(airflowVersion="2.4.3", gone=1, packageProviderPath="plugins"))
    assert patch(arm, spec(gone=None, new={"a": 1})).status_code == 200
    look, put = arm.calls
    assert (look.method, put.method, dict(put.headers)) == ("GET", "PUT", {"If-Match": "e1"})
    assert put.body == spec(
        enableAADIntegration=True, airflowVersion="2.4.3", packageProviderPath="plugins", new={"a": 1}
    )


def test_a_key_in_another_case_replaces_what_is_there_and_is_not_sent_beside_it() -> None:
    arm = ScriptedArm(shown(a=1))
    patch(arm, {"Properties": {"typeproperties": {"AirflowProperties": {"A": 2}}}})
    assert arm.calls[1].body == spec(enableAADIntegration=True, a=2)


@pytest.mark.parametrize("condition", ["e1", '"e1"', "*", '"e0", "e1"', 'W/"e1"'])
def test_the_version_that_the_caller_knows_is_the_one_that_was_read(condition: str) -> None:
    arm = ScriptedArm(shown())
    assert patch(arm, {}, If_Match=condition).status_code == 200
    assert dict(arm.calls[1].headers) == {"If-Match": "e1"}


@pytest.mark.parametrize("condition", [{"If_Match": "e0"}, {"If_None_Match": "*"}, {"If_None_Match": '"e1"'}])
def test_a_condition_that_does_not_hold_is_412_and_nothing_is_sent(condition: dict[str, str]) -> None:
    arm = ScriptedArm(shown())
    assert problem(patch(arm, spec(a=1), **condition)) == (412, "PreconditionFailed", [])
    assert [call.method for call in arm.calls] == ["GET"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ([], {}, 422),
        (None, {}, 422),
        ({}, {"Content-Type": "application/json-patch+json"}, 415),
    ],
)
def test_what_is_no_merge_patch_is_refused_before_anything_is_read(
    body: object, headers: dict[str, str], status: int
) -> None:
    arm = ScriptedArm(shown())
    assert patch(arm, body, **headers).status_code == status
    assert arm.calls == []


def test_a_patch_may_also_be_plain_json() -> None:
    assert patch(ScriptedArm(shown()), {}, **{"Content-Type": "application/json"}).status_code == 200


@pytest.mark.parametrize("query", ["", "?dryRun=true", "?ifChanged=true"])
def test_secrets_that_would_be_lost_are_named_and_nothing_is_sent(query: str) -> None:
    arm = ScriptedArm(shown())
    answer = patch(arm, spec(enableAADIntegration=False, password=CANARY), query)
    assert problem(answer) == (422, "SecretsWouldBeLost", [f"{LOGIN}.userName"])
    assert CANARY.encode() not in answer.get_body()
    assert [call.method for call in arm.calls] == ["GET"]


def test_a_secret_that_data_factory_shows_masked_is_not_written_back() -> None:
    arm = ScriptedArm(shown(airflowEnvironmentVariables={"A": "**********"}))
    assert problem(patch(arm, spec(a=1))) == (422, "InvalidSpec", [f"{LOGIN}.airflowEnvironmentVariables.A"])
    assert [call.method for call in arm.calls] == ["GET"]


@pytest.mark.parametrize("body", [{"properties": None}, {"name": "other"}, {"properties": {"type": "SelfHosted"}}])
def test_the_result_is_checked_as_the_spec_of_a_put_is(body: dict[str, Any]) -> None:
    arm = ScriptedArm(shown())
    assert patch(arm, body).status_code == 422
    assert [call.method for call in arm.calls] == ["GET"]


def test_an_environment_without_an_etag_is_not_patched_since_a_race_could_not_be_noticed() -> None:
    arm = ScriptedArm(spec(enableAADIntegration=True))
    assert problem(patch(arm, {})) == (502, "NoETag", [])
    assert [call.method for call in arm.calls] == ["GET"]


def test_a_patch_that_changes_nothing_is_not_sent_if_so_asked() -> None:
    arm = ScriptedArm(shown(a=1))
    answer = patch(arm, spec(A=1), "?ifChanged=true", If_Match="e1")
    assert (answer.status_code, answer.headers["X-Relay-Unchanged"]) == (200, "true")
    assert [call.method for call in arm.calls] == ["GET"]


def test_a_dry_run_of_a_patch_shows_the_put_with_its_condition() -> None:
    plan = json.loads(patch(ScriptedArm(shown(a=1)), spec(a=2), "?dryRun=true").get_body())
    assert plan["changes"] == [{"path": f"{LOGIN}.a", "from": 1, "to": 2}]
    assert (plan["request"]["method"], plan["request"]["headers"]) == ("PUT", {"If-Match": "e1"})
    assert plan["request"]["body"] == spec(enableAADIntegration=True, a=2)


def test_a_patch_of_the_version_is_warned_of_without_being_asked() -> None:
    answer = patch(ScriptedArm(shown(airflowVersion="2.4.3")), spec(airflowVersion="2.6.3"))
    assert f"{LOGIN}.airflowVersion" in answer.headers["X-Relay-Warnings"]
