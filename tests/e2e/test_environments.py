"""Specs over HTTP, on the whole stack: what is sent to ARM, what comes back, what is refused."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests import hosts
from tests.e2e.conftest import Running
from tests.e2e.environments import CANARY, SECOND_FACTORY, SPEC, ask, calls_since, environments_stack, put, script


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with environments_stack() as running:
        yield running


def test_a_spec_becomes_one_put_with_every_key_and_its_secrets_do_not_come_back(running: Running) -> None:
    answer = put(running, json.dumps(SPEC))
    assert answer.status_code == 200
    assert answer.json()["properties"]["state"] == "Initial"
    assert CANARY not in answer.text
    assert answer.headers["x-ms-request-id"]
    (call,) = [call for call in running.journal() if call["path"].lower().endswith("/made-here")]
    assert (call["method"], call["body"]) == ("PUT", SPEC)


def test_the_trace_of_a_caller_goes_on_in_the_call_of_arm(running: Running) -> None:
    trace, span = "c0ffee" + "1" * 26, "b" * 16
    put(running, json.dumps(SPEC), name="traced", traceparent=f"00-{trace}-{span}-01", tracestate="vendor=1")
    (call,) = [call for call in running.journal() if call["path"].lower().endswith("/traced")]
    hosts.skip_without_traces(call["headers"])
    version, same_trace, other_span, flags = call["headers"]["traceparent"].split("-")
    assert (version, same_trace, flags, call["headers"]["tracestate"]) == ("00", trace, "01", "vendor=1")
    assert other_span != span


def test_an_invalid_spec_is_refused_field_by_field_without_repeating_a_value(running: Running) -> None:
    calls = len(running.journal())
    bad = json.loads(json.dumps(SPEC))
    bad["properties"]["typeProperties"]["computeProperties"]["extraNodes"] = CANARY
    bad["properties"]["type"] = CANARY
    answer = put(running, json.dumps(bad))
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert {error["path"] for error in answer.json()["errors"]} == {
        "properties.type",
        "properties.typeProperties.computeProperties.extraNodes",
    }
    assert CANARY not in answer.text
    assert len(running.journal()) == calls


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b"", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b'{"a": -1e999}', {}, 400),
        (b"[]", {}, 422),
        (b"null", {}, 422),
        (b'"text"', {}, 422),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": ""}, 415),
        (b'{"name": "' + b"x" * 1024 * 1024 + b'"}', {}, 413),
    ],
)
def test_a_body_that_is_no_spec_is_refused_and_nothing_is_sent(
    running: Running, content: bytes, headers: dict[str, str], status: int
) -> None:
    calls = len(running.journal())
    answer = put(running, content, **headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["detail"]
    assert len(running.journal()) == calls


@pytest.mark.parametrize("name", ["ab", "a--b", "a_b", "%2e%2e", "a%2fb", "a%00b", "x" * 64, "a b"])
def test_a_name_that_is_not_legal_never_reaches_arm(running: Running, name: str) -> None:
    calls = len(running.journal())
    answer = put(running, json.dumps(SPEC), name)
    # A NUL is refused by the host itself.
    assert answer.status_code in {400, 404, 422}
    assert len(running.journal()) == calls


def test_arms_refusal_comes_through_with_its_code_and_request_id(running: Running) -> None:
    body = {"error": {"code": "ServiceClosed", "message": "No new environments since 2026-01-01."}}
    script(running, "PUT", "", status=409, body=body)
    answer = put(running, json.dumps(SPEC))
    assert answer.status_code == 409
    assert answer.json()["code"] == "ServiceClosed"
    assert answer.json()["detail"] == "No new environments since 2026-01-01."
    assert answer.json()["requestId"]


def test_the_conditions_of_a_put_are_arms_to_decide(running: Running) -> None:
    made = put(running, json.dumps(SPEC), "conditional", **{"If-None-Match": "*"})
    assert made.status_code == 200
    again = put(running, json.dumps(SPEC), "conditional", **{"If-None-Match": "*"})
    assert (again.status_code, again.json()["code"]) == (412, "PreconditionFailed")
    update = put(running, json.dumps(SPEC), "conditional", **{"If-Match": made.json()["etag"]})
    assert update.status_code == 200
    stale = put(running, json.dumps(SPEC), "conditional", **{"If-Match": made.json()["etag"]})
    assert stale.status_code == 412


def test_a_condition_that_cannot_be_one_is_refused_and_nothing_is_sent(running: Running) -> None:
    calls = len(running.journal())
    assert put(running, json.dumps(SPEC), **{"If-Match": "\xe4"}).status_code == 400
    assert len(running.journal()) == calls


def test_an_environment_is_shown_without_its_secrets(running: Running) -> None:
    put(running, json.dumps(SPEC), "to-show")
    answer = ask(running, "GET", "/TO-SHOW")
    assert (answer.status_code, answer.json()["name"]) == (200, "to-show")
    airflow = answer.json()["properties"]["typeProperties"]["airflowProperties"]
    assert airflow["airflowEnvironmentVariables"] == {"AZURE_CLIENT_SECRET": "********"}
    assert CANARY not in answer.text


def test_what_is_not_there_is_arms_404(running: Running) -> None:
    for method, path in [("GET", "/not-there"), ("POST", "/not-there/start"), ("POST", "/not-there/stop")]:
        answer = ask(running, method, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["requestId"]


def test_the_list_has_airflow_environments_only_and_no_secrets(running: Running) -> None:
    put(running, json.dumps(SPEC), "listed")
    listing = ask(running, "GET")
    assert {"listed", "sample-2"} <= {each["name"] for each in listing.json()["value"]}
    assert CANARY not in listing.text
    mixed = [
        {"name": "other", "properties": {"type": "SelfHosted"}},
        {"name": "ours", "properties": {"type": "Airflow", "password": CANARY}},
    ]
    script(running, "GET", "/integrationruntimes", body={"value": mixed})
    answer = ask(running, "GET")
    assert [each["name"] for each in answer.json()["value"]] == ["ours"]
    assert CANARY not in answer.text


def test_a_deleted_environment_is_gone_and_deleting_it_again_is_no_error(running: Running) -> None:
    put(running, json.dumps(SPEC), "to-delete")
    assert ask(running, "DELETE", "/to-delete").status_code == 200
    assert ask(running, "GET", "/to-delete").status_code == 404
    assert ask(running, "DELETE", "/to-delete").status_code == 204


@pytest.mark.parametrize(("method", "action"), [("GET", ""), ("DELETE", ""), ("POST", "/start"), ("POST", "/stop")])
def test_a_runtime_that_is_no_airflow_environment_is_neither_shown_nor_touched(
    running: Running, method: str, action: str
) -> None:
    calls = len(running.journal())
    script(running, "GET", "/self-hosted", body={"name": "self-hosted", "properties": {"type": "SelfHosted"}})
    answer = ask(running, method, f"/self-hosted{action}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NotAirflow")
    assert calls_since(running, calls) == [("GET", "self-hosted")]


def test_stop_and_start_are_passed_on_without_the_address_that_only_we_could_ask(running: Running) -> None:
    put(running, json.dumps(SPEC), "to-stop")
    for action in ("stop", "start"):
        answer = ask(running, "POST", f"/to-stop/{action}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
        assert "operationresults" not in f"{dict(answer.headers)} {answer.text}"
    assert ask(running, "GET", "/to-stop").json()["properties"]["state"] in {"Starting", "Started"}


@pytest.mark.parametrize(("status", "told"), [(401, 502), (403, 502), (409, 409)])
def test_a_refusal_of_a_delete_is_told_as_that_of_a_put(running: Running, status: int, told: int) -> None:
    for _ in range(2):  # a 401 is tried again with a fresh token
        script(running, "DELETE", "", status=status, body={"error": {"code": "No", "message": "No."}})
    answer = ask(running, "DELETE", "/sample-2")
    requests.delete(f"{running.addresses.arm}/_emulator/faults", timeout=60).raise_for_status()
    assert (answer.status_code, answer.json()["code"]) == (told, "No")


def test_an_arm_that_asks_for_more_time_than_there_is_becomes_503_with_its_wait(running: Running) -> None:
    script(running, "GET", "/sample-2", status=429, headers={"Retry-After": 120})
    answer = ask(running, "GET", "/sample-2")
    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 120) == (503, True)


@pytest.mark.parametrize("name", ["second-adf", "SECOND-adf", SECOND_FACTORY, SECOND_FACTORY.upper()])
def test_another_factory_of_the_settings_is_picked_by_its_name_or_id(running: Running, name: str) -> None:
    calls = len(running.journal())
    answer = ask(running, "GET", f"/sample-2?factory={name}")
    assert answer.status_code == 404  # the emulator has one factory only
    (call,) = running.journal()[calls:]
    assert call["path"] == f"{SECOND_FACTORY}/integrationRuntimes/sample-2"


@pytest.mark.parametrize("name", ["third-adf", SECOND_FACTORY.replace("example-rg", "other-rg"), "", "*", "../x"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/sample-2"),
        ("DELETE", "/sample-2"),
        ("POST", "/sample-2/start"),
        ("POST", "/sample-2/stop"),
    ],
)
def test_a_factory_that_is_not_listed_is_forbidden_and_nothing_is_sent(
    running: Running, method: str, path: str, name: str
) -> None:
    calls = len(running.journal())
    answer = ask(running, method, f"{path}?factory={name}")
    assert (answer.status_code, answer.json()["code"]) == (403, "FactoryNotListed")
    assert len(running.journal()) == calls


def test_a_put_to_a_factory_that_is_not_listed_is_forbidden_and_nothing_is_sent(running: Running) -> None:
    calls = len(running.journal())
    assert put(running, json.dumps(SPEC), "made-here?factory=third-adf").status_code == 403
    assert len(running.journal()) == calls


def test_a_delete_of_another_version_is_refused_and_deletes_nothing(running: Running) -> None:
    put(running, json.dumps(SPEC), "to-keep")
    url = f"{running.addresses.app}/api/environments/to-keep"
    refused = requests.delete(url, headers={"If-Match": "another"}, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (412, "PreconditionFailed")
    shown = requests.get(url, timeout=60)
    assert requests.get(url, headers={"If-None-Match": shown.headers["ETag"]}, timeout=60).status_code == 304
    assert requests.delete(url, headers={"If-Match": shown.headers["ETag"]}, timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/sample-2", None), ("GET", "", None), ("PUT", "/made-up", SPEC), ("DELETE", "/sample-2", None)],
)
def test_a_success_that_a_proxy_made_up_is_a_bad_gateway(
    running: Running, method: str, path: str, body: object
) -> None:
    page = {"answer": {"status": 200, "body": "<html>Sign in</html>"}, "times": None}
    faults = f"{running.addresses.arm}/_emulator/faults"
    requests.post(faults, json=page, timeout=60).raise_for_status()
    try:
        answer = ask(running, method, path, body)
    finally:
        requests.delete(faults, timeout=60).raise_for_status()
    assert (answer.status_code, answer.json()["code"]) == (502, "UnexpectedAnswer")


def test_a_chunked_body_is_said_to_be_missing(running: Running) -> None:
    url = f"{running.addresses.app}/api/environments/chunked"
    content = iter([json.dumps(SPEC).encode()])
    answer = requests.put(url, data=content, headers={"Content-Type": "application/json"}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (411, "BodyMissing")
