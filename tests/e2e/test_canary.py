"""Secrets go in and never come out: a marker in every secret place, and a search of everything that can be seen."""

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.ports import LOOPBACK, free_ports
from tests.e2e.conftest import Running, ready, stack_process
from tests.e2e.environments import FACTORY, ROUTES, script
from tests.waiting import until

# No form in which a secret is written changes these letters, except base64.
CORE = "canary4711"
_TOKEN = re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.")
HOOK = f"hook-secret-{CORE}"
HOOK_ID = "delivery-1"


def secret(place: str) -> str:
    """Return a secret with the characters that JSON, URLs and HTML have to escape."""
    return f'p/+"\\ü <&>{CORE}{place}'


AIRFLOW: dict[str, Any] = {
    "userName": "admin",
    "password": secret("password"),
    "airflowEnvironmentVariables": {"AZURE_CLIENT_SECRET": secret("variable"), "PLAIN": secret("plain")},
    "airflowConfigurationOverrides": {"AIRFLOW__SMTP__SMTP_PASSWORD": secret("override")},
    "secrets": [{"name": "kubernetes", "value": secret("kubernetes")}],
    "encryptedSecrets": {"cipher": secret("encrypted")},
    "gitSyncProperties": {
        "gitServiceType": "GitHub",
        "gitCredentialType": "PAT",
        "repo": f"https://user:{CORE}pat/+@git.example/r",
        "credential": secret("credential"),
    },
}
SPEC = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": AIRFLOW}}}
BODY = json.dumps(SPEC)
ARM_PATH = f"{FACTORY}/integrationRuntimes/marked?api-version=2018-06-01"
ECHOES = {
    "text in JSON": {"error": {"code": "BadRequest", "message": f"cannot read {BODY}", "target": BODY}},
    "JSON in JSON": {"error": {"code": "BadRequest", "message": json.dumps({"error": {"message": BODY}})}},
    "details": {"error": {"code": secret("password"), "message": "no", "details": [{"code": "C", "message": BODY}]}},
    "any JSON": {"code": "BadRequest", "message": SPEC},
    "a page": f"<html><body>{html.escape(AIRFLOW['password'])} {quote(AIRFLOW['password'])}</body></html>",
    "base64": {"error": {"message": base64.b64encode(AIRFLOW["password"].encode()).decode()}},
    "cut off": '{"error": {"code": "BadRequest", "message": ' + json.dumps(BODY)[:700],
}


@dataclass
class Caller:
    """Calls the app and keeps every answer."""

    running: Running
    answers: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        url = f"{self.running.addresses.app}/api/{path}"
        sent = {
            "Content-Type": "application/json",
            "x-functions-key": CORE,
            "Authorization": f"Bearer {CORE}",
        } | headers
        answer = requests.request(method, url, data=content, headers=sent, timeout=60)
        self.answers.append(f"{method} {path}: {answer.status_code} {answer.headers} {answer.text}")
        return answer


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("canary") / "log"


@pytest.fixture(scope="module")
def caller(log: Path) -> Iterator[Caller]:
    settings = {
        "RELAY_ROUTES": json.dumps(ROUTES[:1]),
        "RELAY_QUIET_SECONDS": "1",
        "RELAY_WEBHOOK_SECRETS": HOOK,
        # Nothing listens there, so that every delivery fails and is logged.
        "RELAY_NOTIFICATION_URL": f"http://{LOOPBACK}:{free_ports(1)}/{CORE}url?sig={CORE}",
        "RELAY_NOTIFICATION_SECRET": f"whsec_{base64.b64encode(CORE.encode() * 3).decode()}",
    }
    with log.open("w") as stderr, stack_process([], settings, stderr) as process:
        caller = Caller(ready(process, log))
        succeed(caller)
        be_refused(caller)
        fail(caller)
        fail_a_sync(caller)
        yield caller


def succeed(caller: Caller) -> None:
    for query in ("?dryRun=true", "", "?ifChanged=true", "?dryRun=true&ifChanged=true", f"?code={CORE}"):
        assert caller.ask("PUT", f"environments/marked{query}", SPEC).status_code == 200
    assert caller.ask("POST", "environments", {"name": "marked", **SPEC}).status_code == 200
    for query in ("?dryRun=true", ""):
        assert caller.ask("PATCH", f"environments/marked{query}", SPEC).status_code == 200
    assert caller.ask("PUT", ARM_PATH.removeprefix("/"), SPEC).status_code == 200
    signature = hmac.new(HOOK.encode(), BODY.encode(), hashlib.sha256).hexdigest()
    signed = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Delivery": HOOK_ID}
    for _ in range(2):
        assert caller.ask("PUT", "environments/marked", BODY.encode(), **signed).status_code == 200
    for path in ("environments/marked", "environments", ARM_PATH.removeprefix("/")):
        assert caller.ask("GET", path).status_code == 200
    started = caller.ask("POST", ARM_PATH.removeprefix("/").replace("?", "/start?") + f"&code={CORE}")
    assert started.status_code == 202


def be_refused(caller: Caller) -> None:
    wrong: dict[str, Any] = {
        "password": [secret("a")],
        "airflowVersion": {"x": secret("b")},
        "airflowRequirements": [[secret("c")]],
        "airflowEnvironmentVariables": {"A": [secret("d")]},
        "gitSyncProperties": {"gitServiceType": secret("e"), "repo": [secret("f")]},
    }
    types = {"airflowProperties": wrong, "computeProperties": {"extraNodes": secret("g")}}
    bad = {"name": secret("h"), "properties": {"type": secret("i"), "typeProperties": types}}
    assert caller.ask("PUT", "environments/marked", bad).status_code == 422
    assert caller.ask("PUT", "environments/marked", {"name": secret("h"), **SPEC}).status_code == 422
    assert caller.ask("POST", "environments", {"name": secret("h"), **SPEC}).status_code == 422
    would_lose = {"properties": {"typeProperties": {"airflowProperties": {"userName": secret("j")}}}}
    assert caller.ask("PATCH", "environments/marked", would_lose).status_code == 422
    assert caller.ask("PUT", "environments/marked", BODY.encode()[:-2]).status_code == 400
    assert caller.ask("PUT", "environments/marked", SPEC, **{"Content-Type": CORE}).status_code == 415
    assert caller.ask("PUT", f"environments/marked?{CORE}={CORE}", SPEC).status_code == 400
    assert caller.ask("PUT", f"environments/marked?factory={CORE}", SPEC).status_code == 403
    for header in ("X-Hub-Signature-256", "webhook-signature"):
        assert caller.ask("PUT", "environments/marked", SPEC, **{header: CORE}).status_code == 401


def fail(caller: Caller) -> None:
    running = caller.running
    for body in ECHOES.values():
        for status, told in ((400, 400), (409, 409), (403, 502)):
            script(running, "PUT", "/marked", status=status, body=body)
            assert caller.ask("PUT", "environments/marked", SPEC).status_code == told
    script(running, "PUT", "/marked", status=503, headers={"Retry-After": "60"}, body=ECHOES["text in JSON"])
    assert caller.ask("PUT", "environments/marked", SPEC).status_code == 503
    script(running, "PUT", "/marked", delay_s=12)
    assert caller.ask("PUT", "environments/marked", SPEC).status_code == 503
    script(running, "PUT", "/marked", reset="after")
    assert caller.ask("PUT", "environments/marked", SPEC).status_code == 200
    # An answer that is deeper than Python likes to walk.
    script(running, "PUT", "/marked", body='{"a":' * 700 + f'"{CORE}"' + "}" * 700)
    assert caller.ask("PUT", "environments/marked", SPEC).status_code == 200


def fail_a_sync(caller: Caller) -> None:
    script(caller.running, "POST", "/airflow/sync", status=400, body={"error": {"code": "BadRequest", "message": "no"}})
    caller.running.container.create_container()
    caller.running.upload("dags/canary.py")
    until(lambda: caller.ask("GET", "routes/first").json()["failure"], "a failed sync")
    for path in ("routes", "routes/first/syncs", "ready", "metrics", "health", ""):
        caller.ask("GET", path)


def forms() -> list[str]:
    """Return the marker, and its base64 wherever it begins within three bytes."""
    shifted = [base64.b64encode(b" " * n + CORE.encode()).decode().rstrip("=") for n in range(3)]
    return [CORE, *(each[4:-2] for each in shifted)]


def assert_unmarked(what: str, text: str) -> None:
    for form in (*forms(), html.escape(CORE), CORE.upper()):
        place = text.find(form)
        assert place < 0, f"{what} has the marker: ...{text[max(0, place - 200) : place + 50]!r}"
    assert not _TOKEN.search(text), f"{what} has a token"


def test_no_answer_has_a_secret(caller: Caller) -> None:
    assert len(caller.answers) > 40
    for answer in caller.answers:
        asked, _, answered = answer.partition(": ")
        assert_unmarked(f"the answer to {asked}", answered)


@pytest.mark.usefixtures("caller")
def test_nothing_that_the_stack_wrote_has_a_secret(log: Path) -> None:
    until(lambda: "no answer from the receiver" in log.read_text(), "a delivery that fails")
    assert_unmarked("the log", log.read_text())


def test_nothing_in_storage_has_a_secret(caller: Caller) -> None:
    blobs = BlobServiceClient.from_connection_string(caller.running.addresses.connection_string)
    seen = 0
    for container in blobs.list_containers():
        for blob in blobs.get_container_client(container.name).list_blobs(include=["metadata"]):
            content = blobs.get_blob_client(container.name, blob.name).download_blob().readall()
            assert_unmarked(f"the blob {container.name}/{blob.name}", f"{blob} {content.decode(errors='replace')}")
            seen += "deliveries/" in blob.name or "routes/" in blob.name
    assert seen >= 2
    queues = QueueServiceClient.from_connection_string(caller.running.addresses.connection_string)
    for queue in queues.list_queues():
        for message in queues.get_queue_client(queue.name).peek_messages(32):
            assert_unmarked(f"a message of {queue.name}", f"{message.content}")


def test_arm_gets_the_secrets_in_the_body_of_a_put_and_nowhere_else(caller: Caller) -> None:
    calls = caller.running.journal()
    puts = [call for call in calls if call["method"] == "PUT"]
    assert any(call["body"] == SPEC for call in puts)
    for call in calls:
        body = call.pop("body")
        assert_unmarked(f"what surrounds a {call['method']}", json.dumps(call))
        if call["method"] != "PUT":
            assert_unmarked(f"the body of a {call['method']}", json.dumps(body))


def test_the_search_finds_what_it_looks_for() -> None:
    for text in (secret("x"), json.dumps(secret("x")), quote(secret("x")), html.escape(secret("x"))):
        with pytest.raises(AssertionError, match="marker"):
            assert_unmarked("it", text)
    for n in range(3):
        with pytest.raises(AssertionError, match="marker"):
            assert_unmarked("it", base64.b64encode(b"x" * n + secret("x").encode()).decode())
