"""The caller against the emulator, which is scripted to misbehave."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync import SyncRequest
from shared.arm import factory
from shared.arm.attempts import RetryPolicy
from shared.arm.caller import ArmCaller
from shared.arm.clouds import Cloud
from shared.errors import ArmRefusal, ArmUnavailable, NoToken
from shared.identity import credential

FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")
ENVIRONMENT = EnvironmentId(FACTORY, "made-here")
SPEC = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"password": "canary"}}}}
SYNC = SyncRequest(
    integration_runtime_name="sample-2", linked_service_name="AzureBlobStorage1", storage_folder_path="files/airflow"
)


class Caller:
    """A caller that notes its waits instead of sleeping."""

    def __init__(self, cloud: Cloud, attempts: int = 4) -> None:
        self.waits: list[float] = []
        self.arm = ArmCaller(
            cloud, credential(), policy=RetryPolicy(attempts=attempts), sleep=self.waits.append, jitter=lambda: 0.5
        )

    def put(self) -> int:
        return factory.put_environment(self.arm, ENVIRONMENT, SPEC, deadline_s=60).status


@pytest.fixture
def caller(cloud: Cloud) -> Caller:
    return Caller(cloud)


@pytest.fixture
def fault(emulator: str) -> Callable[..., None]:
    def script(times: int = 1, **answer: Any) -> None:  # noqa: ANN401 - a script is JSON
        body = {"match": {}, "times": times, "answer": answer}
        requests.post(f"{emulator}/_emulator/faults", json=body, timeout=10).raise_for_status()

    return script


@pytest.fixture
def journal(emulator: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: list(requests.get(f"{emulator}/_emulator/journal", timeout=10).json())


def test_a_spec_arrives_as_it_was_sent(caller: Caller, journal: Callable[[], list[dict[str, Any]]]) -> None:
    assert caller.put() == 200
    (request,) = journal()
    assert (request["method"], request["query"], request["body"]) == ("PUT", {"api-version": "2018-06-01"}, SPEC)


def test_a_sync_sends_exactly_the_six_keys_of_the_seed(
    caller: Caller, journal: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = factory.sync(caller.arm, FACTORY, SYNC, deadline_s=60)
    assert answer.status == 202
    assert journal()[0]["body"] == {
        "IntegrationRuntimeName": "sample-2",
        "LinkedServiceName": "AzureBlobStorage1",
        "StorageFolderPath": "files/airflow",
        "Overwrite": True,
        "CopyFolderStructure": True,
        "AddRequirementsFromFile": True,
    }


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again(caller: Caller, fault: Callable[..., None], status: int) -> None:
    fault(times=2, status=status)
    assert caller.put() == 200
    assert caller.waits == [0.25, 0.5]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422, 451])
def test_any_other_refusal_is_final_and_in_arms_words(
    caller: Caller, fault: Callable[..., None], journal: Callable[[], list[dict[str, Any]]], status: int
) -> None:
    fault(status=status, body={"error": {"code": "Nope", "message": "because"}})
    with pytest.raises(ArmRefusal) as refused:
        caller.put()
    assert (refused.value.status, refused.value.code, refused.value.message) == (status, "Nope", "because")
    assert refused.value.request_id
    assert len(journal()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_connection_is_tried_again(caller: Caller, fault: Callable[..., None], when: str) -> None:
    fault(reset=when)
    assert caller.put() == 200
    assert len(caller.waits) == 1


def test_retry_after_is_the_floor_of_the_wait(caller: Caller, fault: Callable[..., None]) -> None:
    fault(status=429, headers={"Retry-After": "7"})
    assert caller.put() == 200
    assert caller.waits == [7.25]


def test_a_wait_longer_than_the_time_left_is_handed_to_the_caller(
    caller: Caller, fault: Callable[..., None], journal: Callable[[], list[dict[str, Any]]]
) -> None:
    fault(status=429, headers={"Retry-After": "600"})
    with pytest.raises(ArmUnavailable) as unavailable:
        caller.put()
    assert unavailable.value.retry_after_s == 600
    assert caller.waits == []
    assert len(journal()) == 1


def test_attempts_come_to_an_end_and_share_one_client_request_id(
    caller: Caller, fault: Callable[..., None], journal: Callable[[], list[dict[str, Any]]]
) -> None:
    fault(times=9, status=503)
    with pytest.raises(ArmUnavailable):
        caller.put()
    requests_made = journal()
    assert len(requests_made) == 4
    assert len({request["headers"]["x-ms-client-request-id"] for request in requests_made}) == 1


def test_a_redirect_is_not_followed(caller: Caller, fault: Callable[..., None], emulator: str) -> None:
    fault(status=307, headers={"Location": f"{emulator}/elsewhere"})
    with pytest.raises(ArmRefusal) as refused:
        caller.put()
    assert refused.value.status == 307


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "{", [], None, {"error": None}, {"code": "C"}])
def test_any_body_of_an_error_becomes_a_code_and_a_message(
    caller: Caller, fault: Callable[..., None], body: object
) -> None:
    fault(status=400, body=body)
    with pytest.raises(ArmRefusal) as refused:
        caller.put()
    assert refused.value.code in {"HTTP 400", "C"}


def test_an_arm_that_is_down_is_unavailable() -> None:
    with pytest.raises(ArmUnavailable, match="NoAnswer"):
        ArmCaller(Cloud("http://127.0.0.1:1", "x"), _Token(), sleep=lambda _: None).call(
            factory.ArmCall("test", "GET", str(FACTORY)), deadline_s=5
        )


def test_an_identity_without_a_token_sends_nothing(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, journal: Callable[[], list[dict[str, Any]]]
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    credential.cache_clear()
    with pytest.raises(NoToken):
        Caller(cloud, attempts=1).put()
    assert journal() == []


def test_proxies_of_the_environment_are_ignored(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert caller.put() == 200
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert caller.put() == 200


def test_neither_secret_nor_token_nor_path_reaches_the_log(
    caller: Caller, fault: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="shared")
    fault(status=503, body={"error": {"code": "Busy", "message": "canary"}})
    caller.put()
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("shared")]
    assert [line.split(":")[0] for line in lines] == ["arm put environment #1/4", "arm put environment #2/4"]
    assert not any(word in line for line in lines for word in ("canary", "Bearer", "subscriptions"))


class _Token:
    token = "not a real one"  # noqa: S105

    def get_token(self, *_: str) -> "_Token":
        return self
