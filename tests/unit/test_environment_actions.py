"""Reading with conditions, deleting, starting and stopping; and following a start to its end."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import azure.functions as func
import pytest

from shared.api.environments.actions import EnvironmentActions
from shared.api.environments.reads import EnvironmentReads
from shared.arm.operations import Follow, Operation
from shared.errors import ServiceRefusal
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from tests.unit.test_environment_api import FACTORY, ScriptedArm, spec

ETAG = "3402279e-0000-0100-0000-64ecb1cb0000"
ARM_PATH = f"/api{FACTORY}/integrationRuntimes/made-here"
ARM_PARAMS = {
    "subscriptionId": FACTORY.subscription,
    "resourceGroupName": FACTORY.resource_group,
    "factoryName": FACTORY.name,
}
RESULTS = (
    f"https://management.azure.com{FACTORY}/integrationruntimes/made-here/IntegrationRuntimesStart/operationresults"
)
OPERATION = f"{RESULTS}/d711?api-version=2018-06-01"


class LongArm(ScriptedArm):
    """Has one environment; accepts a start or stop as an operation, which answers as it is told."""

    def __init__(self, *, operation: RestAnswer | ServiceRefusal | None = None, link: str = OPERATION) -> None:
        super().__init__({**spec(), "etag": ETAG})
        self.operation = operation or RestAnswer(202, {"Retry-After": "7"}, b"")
        self.link = link

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        shown = super().call(call, deadline_s=deadline_s)
        if call.method == "POST":
            return RestAnswer(202, {"Azure-AsyncOperation": self.link, "Location": self.link}, b"")
        if "operationresults" not in call.url.path:
            return shown
        if isinstance(self.operation, ServiceRefusal):
            raise self.operation
        return self.operation

    @property
    def methods(self) -> list[str]:
        return [call.method for call in self.calls]


def request(method: str, path: str = "/api/environments/made-here", **headers: str) -> func.HttpRequest:
    params = {"name": "made-here", **(ARM_PARAMS if path.startswith(ARM_PATH) else {})}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest(method, f"https://app.example{path}", headers=named, route_params=params, body=b"")


def problem(answer: func.HttpResponse) -> tuple[int, str]:
    return answer.status_code, json.loads(answer.get_body())["code"]


@pytest.mark.parametrize("condition", [{"If_Match": "other"}, {"If_None_Match": "*"}, {"If_None_Match": f'"{ETAG}"'}])
@pytest.mark.parametrize("action", ["delete", "start", "stop"])
def test_a_condition_that_does_not_hold_is_412_and_nothing_is_done(action: str, condition: dict[str, str]) -> None:
    arm = LongArm()
    assert problem(getattr(EnvironmentActions([FACTORY], arm), action)(request("POST", **condition))) == (
        412,
        "PreconditionFailed",
    )
    assert arm.methods == ["GET"]


@pytest.mark.parametrize("condition", [{"If_Match": f'"{ETAG}"'}, {"If_Match": "*"}, {"If_None_Match": "other"}])
def test_a_condition_that_holds_lets_the_action_happen(condition: dict[str, str]) -> None:
    arm = LongArm()
    EnvironmentActions([FACTORY], arm).delete(request("DELETE", **condition))
    assert arm.methods == ["GET", "DELETE"]


def test_nothing_has_no_version_that_if_match_could_mean() -> None:
    arm = LongArm()
    arm.refuse_next(404, "IntegrationRuntimeNotFound")
    assert problem(EnvironmentActions([FACTORY], arm).delete(request("DELETE", If_Match="*")))[0] == 412
    assert arm.methods == ["GET"]


def test_an_environment_without_an_etag_is_there_all_the_same() -> None:
    arm = ScriptedArm(spec())
    actions, reads = EnvironmentActions([FACTORY], arm), EnvironmentReads([FACTORY], arm)
    assert actions.delete(request("DELETE", If_Match="*")).status_code == 200
    assert problem(actions.delete(request("DELETE", If_None_Match="*"))) == (412, "PreconditionFailed")
    refused = json.loads(actions.delete(request("DELETE", If_Match='"other",')).get_body())
    assert (refused["status"], refused["detail"]) == (412, "the environment has another ETag than If-Match asks for")
    assert reads.get(request("GET", If_None_Match="*")).status_code == 304
    assert [call.method for call in arm.calls].count("DELETE") == 1


def test_an_environment_is_shown_with_its_etag_and_not_again_to_a_caller_that_has_it() -> None:
    reads = EnvironmentReads([FACTORY], LongArm())
    shown = reads.get(request("GET"))
    assert shown.headers["ETag"] == f'"{ETAG}"'
    again = reads.get(request("GET", If_None_Match=shown.headers["ETag"]))
    assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", f'"{ETAG}"')
    assert reads.get(request("GET", If_None_Match="other")).status_code == 200
    assert problem(reads.get(request("GET", If_Match="other"))) == (412, "PreconditionFailed")
    assert problem(reads.get(request("GET", If_Match="\x01"))) == (400, "InvalidCondition")


def test_the_state_is_shown_in_arms_shape() -> None:
    answer = EnvironmentReads([FACTORY], LongArm()).status(
        request("POST", f"{ARM_PATH}/getStatus?api-version=2018-06-01")
    )
    assert json.loads(answer.get_body()) == {
        "name": "made-here",
        "properties": {"type": "Airflow", "dataFactoryName": FACTORY.name, "state": None, "typeProperties": {}},
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/environments/made-here/start", {"factory": FACTORY.name}),
        (f"{ARM_PATH}/start", {"api-version": "2018-06-01"}),
    ],
)
def test_following_an_accepted_start_leads_through_the_app_to_its_end(path: str, query: dict[str, str]) -> None:
    arm = LongArm()
    actions = EnvironmentActions([FACTORY], arm)
    asked = f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}&code=function-key"
    location = actions.start(request("POST", asked)).headers["Location"]
    url = urlsplit(location)
    assert (f"{url.scheme}://{url.netloc}{url.path}") == f"https://app.example{path}"
    assert "function-key" not in location
    assert {name: values[0] for name, values in parse_qs(url.query).items() if name != "operation"} == query
    follow = f"{url.path}?{url.query}"
    running = actions.follow_start(request("GET", follow))
    assert (running.status_code, running.headers["Retry-After"]) == (202, "7")
    assert running.headers["Location"].startswith(f"https://app.example{path}?")
    arm.operation = RestAnswer(200, {}, b"")
    done = actions.follow_start(request("GET", follow))
    assert (done.status_code, json.loads(done.get_body())["properties"]["type"]) == (200, "Airflow")


@pytest.mark.parametrize(
    "operation",
    [
        RestAnswer(200, {}, b'{"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no more nodes"}}'),
        ServiceRefusal("no more nodes", code="QuotaExceeded", status=400),
    ],
)
def test_a_start_that_failed_is_told_as_a_failure(operation: RestAnswer | ServiceRefusal) -> None:
    arm = LongArm(operation=operation)
    actions = EnvironmentActions([FACTORY], arm)
    url = urlsplit(actions.start(request("POST", "/api/environments/made-here/start")).headers["Location"])
    failed = actions.follow_start(request("GET", f"{url.path}?{url.query}"))
    body: dict[str, Any] = json.loads(failed.get_body())
    assert (failed.status_code, body["code"], body["detail"]) == (409, "QuotaExceeded", "no more nodes")
    assert body["type"].endswith("#problem-OperationFailed")


@pytest.mark.parametrize(
    "link",
    [
        OPERATION.replace("management.azure.com", "elsewhere.example"),
        OPERATION.replace(FACTORY.name, "other-adf"),
        OPERATION.replace("operationresults/d711", "linkedservices/secret"),
        f"https://management.azure.com{FACTORY}/x/../operationresults/d711",
        f"https://management.azure.com{FACTORY}%2f..%2fother-adf/operationresults/d711",
        f"https://management.azure.com{FACTORY}/..%2Fother-adf/operationresults/d711",
        f"https://management.azure.com{FACTORY}/..%5cother-adf/operationresults/d711",
        f"https://management.azure.com{FACTORY}/..\\other-adf/operationresults/d711",
        f"https://management.azure.com{FACTORY}/%252e%252e/other-adf/operationresults/d711",
        f"https://management.azure.com{FACTORY}/..;/other-adf/operationresults/d711",
        f"https://management.azure.com{FACTORY}/x%00/operationresults/d711",
    ],
)
def test_only_operations_of_the_factory_are_followed(link: str) -> None:
    arm = LongArm(link=link)
    actions = EnvironmentActions([FACTORY], arm)
    location = actions.start(request("POST", "/api/environments/made-here/start")).headers["Location"]
    assert location == "https://app.example/api/environments/made-here/start"
    forged = _token(Operation(link, Follow.EITHER))
    answer = actions.follow_start(request("GET", f"/api/environments/made-here/start?operation={forged}"))
    assert problem(answer) == (404, "OperationNotFound")
    assert arm.methods == ["GET", "POST"]


def _paused(after_seconds: str) -> str:
    stored = f'{{"url": "{OPERATION}", "follow": "Location", "afterSeconds": {after_seconds}}}'
    return base64.urlsafe_b64encode(stored.encode()).decode()


@pytest.mark.parametrize(
    "token",
    ["", "x", "e30=", "W10=", "bnVsbA==", "%FF", "A" * 9000, *map(_paused, ("1" + "0" * 400, "1e999", "NaN"))],
)
def test_what_is_no_operation_is_refused(token: str) -> None:
    answer = EnvironmentActions([FACTORY], LongArm()).follow_stop(
        request("GET", f"/api/environments/made-here/stop?operation={token}")
    )
    assert problem(answer) == (404, "OperationNotFound")


@pytest.mark.parametrize(
    ("trusted", "forwarded", "origin"),
    [
        (False, {"X_Forwarded_Host": "relay.example", "X_Forwarded_Proto": "http"}, "https://app.example"),
        (True, {"X_Forwarded_Host": "relay.example, inner", "X_Forwarded_Proto": "http"}, "http://relay.example"),
        (True, {"X_Forwarded_Host": "evil.example/x?", "X_Forwarded_Proto": "javascript"}, "https://app.example"),
        (True, {}, "https://app.example"),
    ],
)
def test_what_a_proxy_says_of_the_address_counts_only_where_it_is_trusted(
    trusted: bool,  # noqa: FBT001
    forwarded: dict[str, str],
    origin: str,
) -> None:
    actions = EnvironmentActions([FACTORY], LongArm(), trust_proxy=trusted)
    answer = actions.stop(request("POST", "/api/environments/made-here/stop", **forwarded))
    assert answer.headers["Location"].startswith(f"{origin}/api/environments/made-here/stop?operation=")


def _token(operation: Operation) -> str:
    return base64.urlsafe_b64encode(json.dumps(operation.as_json()).encode()).decode()
