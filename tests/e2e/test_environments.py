"""Specs over HTTP, on the whole stack: what is sent to ARM, what comes back, what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.app_settings import Addresses
from tests.e2e.conftest import Running, started

CANARY = "canary-4711"
SPEC: dict[str, Any] = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "airflowEnvironmentVariables": {"AZURE_CLIENT_SECRET": CANARY},
                "userName": "admin",
                "password": CANARY,
                "somethingNew": {"kept": [1, "2", None]},
            },
        },
    }
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with started() as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        del line["ready"]
        yield Running(Addresses(**line))


def put(running: Running, content: bytes | str, name: str = "made-here", **headers: str) -> requests.Response:
    url = f"{running.addresses.app}/api/environments/{name}"
    return requests.put(url, data=content, headers={"Content-Type": "application/json"} | headers, timeout=30)


def test_a_spec_becomes_one_put_with_every_key_and_its_secrets_do_not_come_back(running: Running) -> None:
    answer = put(running, json.dumps(SPEC))
    assert answer.status_code == 200
    assert answer.json()["properties"]["state"] == "Initial"
    assert CANARY not in answer.text
    assert answer.headers["x-ms-request-id"]
    (call,) = [call for call in running.journal() if call["path"].lower().endswith("/made-here")]
    assert (call["method"], call["body"]) == ("PUT", SPEC)


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
    assert answer.status_code in {404, 422}
    assert len(running.journal()) == calls


def test_arms_refusal_comes_through_with_its_code_and_request_id(running: Running) -> None:
    body = {"error": {"code": "ServiceClosed", "message": "No new environments since 2026-01-01."}}
    script = {"match": {"method": "PUT"}, "times": 1, "answer": {"status": 409, "body": body}}
    requests.post(f"{running.addresses.arm}/_emulator/faults", json=script, timeout=10).raise_for_status()
    answer = put(running, json.dumps(SPEC))
    assert answer.status_code == 409
    assert answer.json()["code"] == "ServiceClosed"
    assert answer.json()["detail"] == "No new environments since 2026-01-01."
    assert answer.json()["requestId"]
