"""What would change, changing only that, and what a caller is warned of; on the whole stack."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Running
from tests.e2e.environments import CANARY, SPEC, ask, calls_since, environments_stack, put, script

AIRFLOW = "properties.typeProperties.airflowProperties"
WITH_ENTRA: dict[str, Any] = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"computeSize": "Small", "extraNodes": 1},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "enableAADIntegration": True,
                "airflowEnvironmentVariables": {"AZURE_CLIENT_SECRET": CANARY},
                "somethingNew": {"kept": [1, "2"]},
            },
        },
    }
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with environments_stack() as running:
        yield running


def patch(running: Running, name: str, body: object, **headers: str) -> requests.Response:
    url = f"{running.addresses.app}/api/environments/{name}"
    headers = {"Content-Type": "application/merge-patch+json"} | headers
    return requests.patch(url, data=json.dumps(body), headers=headers, timeout=60)


def compute(**members: object) -> dict[str, Any]:
    return {"properties": {"typeProperties": {"computeProperties": members}}}


def test_a_spec_with_likely_mistakes_is_sent_and_they_are_told(running: Running) -> None:
    mistaken = json.loads(json.dumps(SPEC))
    mistaken["properties"]["typeProperties"]["airflowProperties"]["environmentVariables"] = {"A": CANARY}
    answer = put(running, json.dumps(mistaken), "mistaken")
    assert answer.status_code == 200
    paths = {warning["path"].rpartition(".")[2] for warning in json.loads(answer.headers["X-Relay-Warnings"])}
    assert paths == {"environmentVariables", "AZURE_CLIENT_SECRET"}
    assert CANARY not in answer.headers["X-Relay-Warnings"]


def test_a_spec_without_mistakes_brings_no_warnings(running: Running) -> None:
    plain = {"properties": {"type": "Airflow", "typeProperties": {}}}
    assert "X-Relay-Warnings" not in put(running, json.dumps(plain), "plain").headers


def test_a_dry_run_tells_what_would_change_and_sends_nothing_but_the_look(running: Running) -> None:
    put(running, json.dumps(SPEC), "dry")
    calls = len(running.journal())
    changed = json.loads(json.dumps(SPEC))
    types = changed["properties"]["typeProperties"]
    types["computeProperties"]["extraNodes"] = 2
    types["airflowProperties"]["airflowEnvironmentVariables"] = {"AZURE_CLIENT_SECRET": f"{CANARY}-2"}
    del types["airflowProperties"]["password"], types["airflowProperties"]["userName"]
    answer = put(running, json.dumps(changed), "dry?dryRun=true")
    assert answer.status_code == 200
    plan = answer.json()
    variables = "properties.typeProperties.airflowProperties.airflowEnvironmentVariables"
    assert plan["changes"] == [
        {"path": "properties.typeProperties.computeProperties.extraNodes", "from": 0, "to": 2},
        {"path": f"{variables}.AZURE_CLIENT_SECRET", "from": "set", "to": "changed"},
    ]
    assert plan["wouldSend"] is True
    assert [warning["path"] for warning in plan["warnings"]] == [f"{variables}.AZURE_CLIENT_SECRET"]
    assert CANARY not in answer.text
    assert calls_since(running, calls) == [("GET", "dry"), ("GET", "example-adf")]


def test_in_a_dry_run_of_what_is_not_there_everything_is_new(running: Running) -> None:
    plan = put(running, json.dumps(SPEC), "never-made?dryRun=true").json()
    assert {change["from"] for change in plan["changes"]} == {None}
    assert ask(running, "GET", "/never-made").status_code == 404


def test_a_spec_that_changes_nothing_is_not_sent_again_if_so_asked(running: Running) -> None:
    spec = json.loads(json.dumps(SPEC))
    del spec["properties"]["typeProperties"]["airflowProperties"]["password"]
    del spec["properties"]["typeProperties"]["airflowProperties"]["userName"]
    made = put(running, json.dumps(spec), "steady?ifChanged=true")
    assert (made.status_code, "X-Relay-Unchanged" in made.headers) == (200, False)
    calls = len(running.journal())
    again = put(running, json.dumps(spec), "steady?ifChanged=true")
    assert (again.status_code, again.headers["X-Relay-Unchanged"]) == (200, "true")
    assert again.json()["etag"] == made.json()["etag"]
    assert CANARY not in again.text
    assert calls_since(running, calls) == [("GET", "steady")]
    assert "X-Relay-Unchanged" not in put(running, json.dumps(SPEC), "steady?ifChanged=true").headers


def test_a_patch_changes_what_it_names_and_the_rest_is_sent_as_it_was_with_its_secrets(running: Running) -> None:
    made = put(running, json.dumps(WITH_ENTRA), "patched").json()
    calls = len(running.journal())
    answer = patch(running, "patched", compute(extraNodes=2, computeSize=None))
    assert answer.status_code == 200
    assert CANARY not in answer.text
    look, sent = running.journal()[calls:]
    assert (look["method"], sent["method"], sent["headers"]["if-match"]) == ("GET", "PUT", made["etag"])
    types = sent["body"]["properties"]["typeProperties"]
    assert (types["computeProperties"]["extraNodes"], "computeSize" in types["computeProperties"]) == (2, False)
    before = WITH_ENTRA["properties"]["typeProperties"]["airflowProperties"]
    assert {name: types["airflowProperties"][name] for name in before} == before
    assert sent["body"].keys() == {"properties"}
    assert "state" not in sent["body"]["properties"]
    assert "airflowWebUrl" not in types["airflowProperties"]


def test_a_patch_that_would_lose_the_login_is_refused_until_it_gives_it_again(running: Running) -> None:
    put(running, json.dumps(SPEC), "basic")
    calls = len(running.journal())
    refused = patch(running, "basic", compute(extraNodes=2))
    assert (refused.status_code, refused.json()["code"]) == (422, "SecretsWouldBeLost")
    assert [error["path"] for error in refused.json()["errors"]] == [f"{AIRFLOW}.userName", f"{AIRFLOW}.password"]
    assert calls_since(running, calls) == [("GET", "basic")]
    given = compute(extraNodes=2)
    given["properties"]["typeProperties"]["airflowProperties"] = {"userName": "admin", "password": f"{CANARY}-2"}
    answer = patch(running, "basic", given)
    assert (answer.status_code, CANARY in answer.text) == (200, False)
    sent = running.journal()[-1]["body"]["properties"]["typeProperties"]
    assert (sent["airflowProperties"]["password"], sent["computeProperties"]["extraNodes"]) == (f"{CANARY}-2", 2)


def test_what_was_shown_cannot_be_sent_back_with_its_masks(running: Running) -> None:
    put(running, json.dumps(WITH_ENTRA), "shown")
    shown = ask(running, "GET", "/shown").json()
    calls = len(running.journal())
    for answer in (put(running, json.dumps(shown), "shown"), patch(running, "shown", shown)):
        assert answer.status_code == 422
        paths = [error["path"] for error in answer.json()["errors"]]
        assert paths == [f"{AIRFLOW}.airflowEnvironmentVariables.AZURE_CLIENT_SECRET"]
    assert calls_since(running, calls) == [("GET", "shown")]


def test_a_change_between_the_look_and_the_put_of_a_patch_is_arms_412_and_not_tried_again(running: Running) -> None:
    put(running, json.dumps(WITH_ENTRA), "raced")
    outdated = {**ask(running, "GET", "/raced").json(), "etag": "3402279e-0000-0100-0000-64ecb1cb0000"}
    outdated["properties"]["typeProperties"]["airflowProperties"]["airflowEnvironmentVariables"] = {}
    script(running, "GET", "/raced", body=outdated)
    calls = len(running.journal())
    answer = patch(running, "raced", compute(extraNodes=2))
    assert (answer.status_code, answer.json()["code"]) == (412, "PreconditionFailed")
    assert calls_since(running, calls) == [("GET", "raced"), ("PUT", "raced")]


def test_the_version_that_a_caller_of_patch_knows_has_to_be_the_one_that_is_there(running: Running) -> None:
    etag = put(running, json.dumps(WITH_ENTRA), "known").json()["etag"]
    assert patch(running, "known", compute(extraNodes=2), **{"If-Match": f'"{etag}"'}).status_code == 200
    calls = len(running.journal())
    assert patch(running, "known", compute(extraNodes=3), **{"If-Match": etag}).status_code == 412
    assert calls_since(running, calls) == [("GET", "known")]


def test_there_is_nothing_to_patch_where_nothing_is(running: Running) -> None:
    calls = len(running.journal())
    assert patch(running, "not-there", compute(extraNodes=2)).status_code == 404
    assert calls_since(running, calls) == [("GET", "not-there")]


def test_a_dry_run_of_a_patch_tells_its_changes_and_a_patch_without_any_can_be_left_out(running: Running) -> None:
    put(running, json.dumps(WITH_ENTRA), "planned")
    calls = len(running.journal())
    plan = patch(running, "planned?dryRun=true", compute(extraNodes="2"))
    path = "properties.typeProperties.computeProperties.extraNodes"
    assert plan.json()["changes"] == [{"path": path, "from": 1, "to": "2"}]
    assert CANARY not in plan.text
    unchanged = patch(running, "planned?ifChanged=true", compute(extraNodes=1))
    assert unchanged.headers["X-Relay-Unchanged"] == "true"
    region = ("GET", "example-adf")
    assert calls_since(running, calls) == [("GET", "planned"), region, ("GET", "planned")]


def test_a_post_makes_the_environment_that_its_body_names(running: Running) -> None:
    body = {"name": "posted", **WITH_ENTRA}
    answer = ask(running, "POST", body=body)
    assert (answer.status_code, answer.json()["name"]) == (200, "posted")
    assert running.journal()[-1]["body"] == body
    assert requests.get(f"{running.addresses.app}{answer.headers['Location']}", timeout=60).json()["name"] == "posted"


def test_a_dry_run_warns_of_a_region_that_is_not_the_factorys(running: Running) -> None:
    elsewhere = {
        "properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"location": "Brazil South"}}}
    }
    calls = len(running.journal())
    assert "X-Relay-Warnings" not in put(running, json.dumps(elsewhere), "elsewhere").headers
    assert calls_since(running, calls) == [("PUT", "elsewhere")]
    plan = ask(running, "PUT", "/elsewhere?dryRun=true", elsewhere).json()
    assert [each["path"] for each in plan["warnings"]] == ["properties.typeProperties.computeProperties.location"]
