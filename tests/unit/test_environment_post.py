import json
from typing import Any

import azure.functions as func
import pytest

from shared.api.environments.writes import EnvironmentWrites
from tests.unit.test_environment_api import FACTORY, ScriptedArm, spec


def post(arm: ScriptedArm, body: object, query: str = "") -> func.HttpResponse:
    request = func.HttpRequest(
        "POST",
        f"https://app.example/api/environments{query}",
        headers={"Content-Type": "application/json"},
        body=json.dumps(body).encode(),
    )
    answer: func.HttpResponse = EnvironmentWrites([FACTORY], arm).post(request)
    return answer


def test_a_post_is_a_put_of_the_name_in_the_body_and_says_where_the_environment_is() -> None:
    arm, body = ScriptedArm(spec()), {"name": "made-here", **spec(a=1)}
    answer = post(arm, body)
    assert (answer.status_code, answer.headers["Location"]) == (200, "/api/environments/made-here")
    (call,) = arm.calls
    assert (call.method, call.body) == ("PUT", body)
    assert call.url.path == f"{FACTORY}/integrationRuntimes/made-here"


def test_the_place_of_an_environment_in_a_factory_that_was_picked_leads_there() -> None:
    answer = post(ScriptedArm(spec()), {"name": "made-here", **spec()}, f"?factory={FACTORY}")
    assert answer.headers["Location"].startswith("/api/environments/made-here?factory=%2Fsubscriptions%2F")


@pytest.mark.parametrize("body", [spec(), {"name": None, **spec()}, {"name": 7, **spec()}, {"name": "a b", **spec()}])
def test_a_body_without_a_legal_name_is_refused_at_its_name(body: dict[str, Any]) -> None:
    arm = ScriptedArm(spec())
    answer = post(arm, body)
    assert answer.status_code == 422
    assert [error["path"] for error in json.loads(answer.get_body())["errors"]] == ["name"]
    assert arm.calls == []


@pytest.mark.parametrize("query", ["?dryRun=true", "?ifChanged=true"])
def test_the_options_of_a_put_are_those_of_a_post(query: str) -> None:
    arm = ScriptedArm(spec())
    answer = post(arm, {"name": "made-here", **spec()}, query)
    assert answer.status_code == 200
    assert [call.method for call in arm.calls] == ["GET"]
    assert ("Location" in answer.headers) == (query == "?ifChanged=true")
