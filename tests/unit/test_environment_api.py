import json
import logging
from typing import Any

import azure.functions as func
import pytest

from local.app_settings import sample
from shared.adf.names import FactoryId
from shared.api.environments.writes import EnvironmentWrites
from shared.api.response import passed_on
from shared.arm.clouds import CLOUDS
from shared.errors import ServiceRefusal
from shared.exact_json import Number, dumps, loads
from shared.rest.answers import RestAnswer
from shared.rest.call import Request, RestCall
from shared.rest.caller import RestCaller

FACTORY = FactoryId.parse(sample()["RELAY_FACTORY"])
CANARY = "canary-4711"


class ScriptedArm(RestCaller):
    """Answers with 200 and the same body whatever it is asked, and remembers what that was."""

    def __init__(self, body: object) -> None:
        self.clock = lambda: 0.0
        self.service = CLOUDS["AzureCloud"]
        self.calls: list[RestCall] = []
        self._body = body
        self._refusals: list[ServiceRefusal] = []

    def refuse_next(self, status: int, code: str) -> None:
        self._refusals.append(ServiceRefusal("refused", code=code, status=status))

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        assert 0 < deadline_s <= 60
        self.calls.append(call)
        if self._refusals:
            raise self._refusals.pop()
        return RestAnswer(200, {}, json.dumps(self._body).encode())


def spec(**airflow: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": airflow}}}


def put(arm: RestCaller, body: dict[str, Any], query: str = "", **headers: str) -> func.HttpResponse:
    request = func.HttpRequest(
        "PUT",
        f"https://app.example/api/environments/made-here{query}",
        headers={"Content-Type": "application/json"} | headers,
        route_params={"name": "made-here"},
        body=dumps(body).encode(),
    )
    answer: func.HttpResponse = EnvironmentWrites([FACTORY], arm).put(request)
    return answer


def test_warnings_are_logged_by_their_paths_in_one_line_without_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        put(ScriptedArm({}), spec(airflowEnvironmentVariables={"A\nB_SECRET": CANARY}))
    (record,) = caplog.records
    assert "A\\nB_SECRET" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert CANARY not in record.getMessage()


def test_neither_the_log_nor_the_answer_grows_out_of_proportion(caplog: pytest.LogCaptureFixture) -> None:
    variables = {f"{'K' * 5000}_{n}_KEY": "x" for n in range(50)}
    body = spec(airflowRequirements=["a"] * 100_000, airflowEnvironmentVariables=variables)
    with caplog.at_level(logging.WARNING):
        put(ScriptedArm({}), spec(airflowEnvironmentVariables=variables))
    assert len(caplog.text) < 10_000
    plan = json.loads(put(ScriptedArm(spec()), body, "?dryRun=true").get_body())
    assert len(plan["warnings"]) == 100


@pytest.mark.parametrize(
    "query", ["?dryRun", "?dryRun=", "?dryRun=yes", "?dry-run=true", "?ifChanged=1", "?dryrun=true&dryRun=true"]
)
def test_an_option_that_is_not_understood_sends_nothing(query: str) -> None:
    arm = ScriptedArm({})
    assert put(arm, spec(), query).status_code == 400
    assert arm.calls == []


@pytest.mark.parametrize(
    ("body", "query", "methods"),
    [
        (spec(), "", ["PUT"]),
        (spec(), "?ifChanged=false&dryRun=false", ["PUT"]),
        (spec(), "?ifChanged=true", ["GET"]),
        (spec(), "?IFCHANGED=TRUE", ["GET"]),
        (spec(password=CANARY), "?ifChanged=true", ["GET", "PUT"]),
        (spec(a=1), "?ifChanged=true", ["GET", "PUT"]),
        (spec(a=1), "?dryRun=true", ["GET"]),
        (spec(a=1), "?dryRun=true&ifChanged=true", ["GET"]),
    ],
)
def test_what_is_sent_follows_from_the_options(body: dict[str, Any], query: str, methods: list[str]) -> None:
    arm = ScriptedArm(spec())
    assert put(arm, body, query).status_code == 200
    assert [call.method for call in arm.calls] == methods


def test_a_condition_is_always_arms_to_decide() -> None:
    arm = ScriptedArm(spec())
    put(arm, spec(), "?ifChanged=true", **{"If-None-Match": "*"})
    assert [(call.method, dict(call.headers)) for call in arm.calls] == [("PUT", {"If-None-Match": "*"})]


@pytest.mark.parametrize(("query", "would_send"), [("?dryRun=true", True), ("?dryRun=true&ifChanged=true", False)])
def test_a_dry_run_says_whether_the_same_request_would_send(query: str, would_send: bool) -> None:  # noqa: FBT001
    plan = json.loads(put(ScriptedArm(spec()), spec(), query).get_body())
    assert (plan["wouldSend"], plan["changes"]) == (would_send, [])


def test_a_dry_run_shows_numbers_as_they_were_written() -> None:
    numbers = {name: Number(name) for name in ("1e3", "-0", "1.50", "0.12345678901234567890123")}
    plan = loads(put(ScriptedArm(spec()), spec(numbers=numbers), "?dryRun=true").get_body())
    assert [change["to"] for change in plan["changes"]] == [*numbers.values()]
    assert plan["request"]["body"] == spec(numbers=numbers)


def test_a_dry_run_shows_the_request_without_its_secrets() -> None:
    plan = json.loads(put(ScriptedArm(spec()), spec(password=CANARY, a="https://u@h"), "?dryRun=true").get_body())
    assert CANARY not in json.dumps(plan)
    assert plan["request"] == {
        "method": "PUT",
        "path": f"{FACTORY}/integrationRuntimes/made-here",
        "headers": {},
        "body": spec(password="********", a="https://********@h"),  # noqa: S106 - the mask
    }


def test_a_body_nested_deeper_than_any_spec_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"a": deep}
    arm = ScriptedArm({})
    assert put(arm, spec(a=deep)).status_code == 400
    assert arm.calls == []


def test_a_mask_is_never_sent_in_place_of_the_secret_that_it_hides() -> None:
    arm = ScriptedArm(spec())
    answer = put(arm, spec(password="********", airflowEnvironmentVariables={"A": "***"}))  # noqa: S106 - the mask
    assert answer.status_code == 422
    assert [error["path"].rpartition("airflowProperties.")[2] for error in json.loads(answer.get_body())["errors"]] == [
        "password",
        "airflowEnvironmentVariables.A",
    ]
    assert arm.calls == []


@pytest.mark.parametrize("number", ["0.12345678901234567890123", "1e3", "-0", "1.50", "18446744073709551617"])
def test_a_number_travels_as_it_was_written(number: str) -> None:
    arm = ScriptedArm({"properties": {"type": "Airflow"}})
    content = json.dumps(spec(own="N")).replace('"N"', number)
    request = func.HttpRequest(
        "PUT",
        "https://app.example/api/environments/made-here",
        headers={"Content-Type": "application/json"},
        route_params={"name": "made-here"},
        body=content.encode(),
    )
    assert EnvironmentWrites([FACTORY], arm).put(request).status_code == 200
    assert Request.of(arm.calls[0], 0).body == content.encode()
    passed = RestAnswer(200, {}, content.encode())
    assert passed_on(passed).get_body() == content.encode()


def test_an_answer_of_any_depth_is_an_answer() -> None:
    deep = '{"a":' * 330 + "1" + "}" * 330
    content = '{"properties": {"type": "Airflow", "own": ' + deep + "}}"
    answer = passed_on(RestAnswer(200, {}, content.encode()))
    assert json.loads(answer.get_body()) == json.loads(content)
    arm = ScriptedArm(json.loads(content))
    assert put(arm, spec(), "?dryRun=true").status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"properties": {"type": "Airflow", "Type": "SelfHosted"}}, "properties.Type"),
        (spec(password="[parameters('pw')]"), "properties.typeProperties.airflowProperties.password"),  # noqa: S106
        (
            spec(airflowEnvironmentVariables={"API_TOKEN": "${TOKEN}"}),
            "properties.typeProperties.airflowProperties.airflowEnvironmentVariables.API_TOKEN",
        ),
        (
            {
                "$schema": "deploymentTemplate.json#",
                "resources": [{"type": "x"}, {**spec(), "type": "a/integrationRuntimes"}],
            },
            "resources.1",
        ),
        ({"resources": []}, "resources"),
    ],
)
def test_what_data_factory_would_misunderstand_is_refused_by_its_place(body: dict[str, Any], path: str) -> None:
    arm = ScriptedArm({})
    answer = put(arm, body)
    problem = json.loads(answer.get_body())
    assert (answer.status_code, problem["code"]) == (422, "InvalidSpec")
    assert [error["path"] for error in problem["errors"]] == [path]
    assert arm.calls == []


@pytest.mark.parametrize(("requirements", "path"), [(["a", 1], ".1"), ({"a": 1}, ""), (1, "")])
def test_a_wrong_requirement_is_refused_once_by_its_place_in_the_body(requirements: object, path: str) -> None:
    problem = json.loads(put(ScriptedArm({}), spec(airflowRequirements=requirements)).get_body())
    place = f"properties.typeProperties.airflowProperties.airflowRequirements{path}"
    assert [error["path"] for error in problem["errors"]] == [place]


def test_a_pasted_arm_template_is_answered_with_the_part_to_send_and_without_its_values() -> None:
    template = {"resources": [{**spec(password=CANARY), "type": "a/integrationRuntimes"}]}
    (error,) = json.loads(put(ScriptedArm({}), template).get_body())["errors"]
    outline = json.loads(error["message"].partition(": ")[2])
    assert outline["properties"]["typeProperties"]["airflowProperties"] == {"password": "..."}
    assert CANARY not in error["message"]


def test_a_section_in_another_case_goes_out_as_documented() -> None:
    arm = ScriptedArm({})
    put(arm, {"Properties": {"Type": "Airflow", "typeproperties": {"AirflowProperties": {"Password": CANARY}}}})
    assert arm.calls[0].body == spec(password=CANARY)


@pytest.mark.parametrize(
    ("etags", "sent"), [('"e1"', "e1"), ('W/"e1"', "e1"), ('"e1", W/"e2"', "e1, e2"), ("e1", "e1"), ("*", "*")]
)
def test_an_etag_is_sent_as_data_factory_writes_it(etags: str, sent: str) -> None:
    arm = ScriptedArm({})
    put(arm, spec(), **{"If-Match": etags})
    assert dict(arm.calls[0].headers) == {"If-Match": sent}


@pytest.mark.parametrize("condition", [{"If-Match": "e2"}, {"If-None-Match": "*"}])
def test_a_dry_run_honours_conditions(condition: dict[str, str]) -> None:
    arm = ScriptedArm(spec() | {"etag": "e1"})
    answer = put(arm, spec(), "?dryRun=true", **condition)
    assert (answer.status_code, json.loads(answer.get_body())["code"]) == (412, "PreconditionFailed")
