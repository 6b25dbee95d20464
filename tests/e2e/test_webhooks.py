"""Signed requests on the whole stack, from the senders that people have: a package, and openssl with curl."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
from standardwebhooks import Webhook

from tests.e2e.conftest import Running, running_stack
from tests.e2e.environments import CANARY, SPEC, calls_since

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in range(2))
BODY = json.dumps(SPEC).encode()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_stack(RELAY_WEBHOOK_SECRETS=f"{NEW},{OLD}", RELAY_UNSIGNED_REQUESTS="refuse") as (running, _):
        yield running


def send(
    running: Running, path: str, headers: dict[str, str], body: bytes = BODY, method: str = "PUT"
) -> requests.Response:
    url = f"{running.addresses.app}/api/environments/{path}"
    return requests.request(method, url, data=body, headers={"Content-Type": "application/json"} | headers, timeout=60)


def signed(message_id: str, body: bytes = BODY, secret: str = NEW) -> dict[str, str]:
    at = datetime.now(UTC)
    signature = Webhook(secret).sign(message_id, at, body.decode())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def test_a_delivery_reaches_arm_once_and_its_replay_gets_the_same_answer(running: Running) -> None:
    first = send(running, "by-webhook", signed("msg_once"))
    calls = len(running.journal())
    again = send(running, "by-webhook", signed("msg_once", secret=OLD))
    assert (first.status_code, again.status_code, again.headers["X-Relay-Replayed"]) == (200, 200, "true")
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert calls_since(running, calls) == []
    assert ("PUT", "by-webhook") in calls_since(running, 0)
    stored = running.container_named("dag-relay")
    kept = [stored.download_blob(name).readall() for name in stored.list_blob_names(name_starts_with="deliveries/")]
    assert kept
    assert CANARY not in str(kept)


def test_what_asks_to_try_again_may_come_again_under_its_id(running: Running) -> None:
    fault = {"match": {"method": "PUT", "path_contains": "retried"}, "times": 100, "answer": {"status": 409}}
    requests.post(f"{running.addresses.arm}/_emulator/faults", json=fault, timeout=60).raise_for_status()
    refused = send(running, "retried", signed("msg_refused"))
    requests.delete(f"{running.addresses.arm}/_emulator/faults", timeout=60).raise_for_status()
    assert refused.status_code == 409
    assert send(running, "retried", signed("msg_refused")).status_code == 200

    fault["answer"] = {"status": 429, "headers": {"Retry-After": "3600"}}
    requests.post(f"{running.addresses.arm}/_emulator/faults", json=fault, timeout=60).raise_for_status()
    busy = send(running, "retried", signed("msg_transient"))
    requests.delete(f"{running.addresses.arm}/_emulator/faults", timeout=60).raise_for_status()
    assert busy.status_code == 503
    assert send(running, "retried", signed("msg_transient")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "unsigned"), ("DELETE", "unsigned"), ("POST", "unsigned/start"), ("POST", "unsigned/stop")],
)
def test_an_unsigned_change_is_refused_when_told_so(running: Running, method: str, path: str) -> None:
    calls = len(running.journal())
    answer = send(running, path, {}, method=method)
    assert (answer.status_code, answer.json()["code"]) == (401, "SignatureMissing")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert calls_since(running, calls) == []


def test_reading_needs_no_signature(running: Running) -> None:
    assert send(running, "sample-2", {}, b"", "GET").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"webhook-id": "msg", "webhook-timestamp": "soon", "webhook-signature": "v1"},
        {"webhook-signature": ""},
    ],
)
def test_a_signature_that_is_none_is_a_401(running: Running, headers: dict[str, str]) -> None:
    calls = len(running.journal())
    assert send(running, "forged", headers).status_code == 401
    assert calls_since(running, calls) == []


def test_a_signature_that_is_no_utf8_is_refused_by_the_host(running: Running) -> None:
    calls = len(running.journal())
    assert send(running, "forged", {"X-Hub-Signature-256": "\xe4"}).status_code == 400
    assert calls_since(running, calls) == []
