"""The caller against the emulator, which is scripted to misbehave."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.arm import factory
from shared.arm.clouds import arm_service, resource_url
from shared.errors import NoToken, ServiceRefusal, ServiceUnavailable, Throttled
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.retry import RetryPolicy
from shared.rest.urls import Service
from shared.storage.connections import credential
from shared.telemetry import metrics
from shared.telemetry.catalogue import ARM_CALLS, ARM_QUOTA, ARM_RETRIES
from shared.telemetry.fields import bound
from shared.telemetry.tracing import Trace, continuing
from tests.waiting import until

Fault = Callable[..., None]
Journal = Callable[[], list[dict[str, Any]]]

FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")
ENVIRONMENT = EnvironmentId(FACTORY, "made-here")
SPEC = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"password": "canary"}}}}
SYNC = SyncRequest(
    integration_runtime_name="sample-2", linked_service_name="AzureBlobStorage1", storage_folder_path="files/airflow"
)


class Caller:
    """A caller that notes its waits instead of sleeping."""

    def __init__(self, cloud: Service, attempts: int = 4) -> None:
        self.waits: list[float] = []
        self.arm = RestCaller(
            cloud,
            credential(),
            policy=RetryPolicy(attempts=attempts),
            clock=lambda: time.monotonic() + sum(self.waits),
            sleep=self.waits.append,
            jitter=lambda: 0.5,
        )

    def put(self) -> int:
        return factory.put_environment(self.arm, ENVIRONMENT, SPEC, deadline_s=60).status

    def refusal(self) -> ServiceRefusal:
        with pytest.raises(ServiceRefusal) as refused:
            self.put()
        return refused.value

    def unavailable(self) -> ServiceUnavailable:
        with pytest.raises(ServiceUnavailable) as unavailable:
            self.put()
        return unavailable.value


@pytest.fixture
def caller(cloud: Service) -> Caller:
    return Caller(cloud)


@pytest.fixture
def fault(emulator: str) -> Callable[..., None]:
    def script(times: int = 1, **answer: Any) -> None:  # noqa: ANN401 - a script is JSON
        body = {"match": {}, "times": times, "answer": answer}
        requests.post(f"{emulator}/_emulator/faults", json=body, timeout=10).raise_for_status()

    return script


@pytest.fixture
def journal(emulator: str) -> Journal:
    return lambda: list(requests.get(f"{emulator}/_emulator/journal", timeout=10).json())


def test_a_spec_arrives_as_it_was_sent(caller: Caller, journal: Journal) -> None:
    assert caller.put() == 200
    (request,) = journal()
    assert (request["method"], request["query"], request["body"]) == ("PUT", {"api-version": "2018-06-01"}, SPEC)


def test_a_sync_sends_exactly_the_six_keys_of_the_seed(caller: Caller, journal: Journal) -> None:
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


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again(caller: Caller, fault: Fault, status: int) -> None:
    fault(times=2, status=status)
    assert caller.put() == 200
    assert caller.waits == [0.25, 0.5]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 413, 422, 451, 501, 505])
def test_any_other_refusal_is_final_and_in_arms_words(
    caller: Caller, fault: Fault, journal: Journal, status: int
) -> None:
    fault(status=status, body={"error": {"code": "Nope", "message": "because", "target": "x"}})
    refused = caller.refusal()
    assert (refused.status, refused.code, refused.message, refused.target) == (status, "Nope", "because", "x")
    assert refused.request_id
    assert len(journal()) == 1


@pytest.mark.parametrize("code", ["AnotherOperationInProgress", "RetryableErrorDueToAnotherOperation"])
def test_a_conflict_that_passes_is_tried_again(caller: Caller, fault: Fault, code: str) -> None:
    fault(status=409, body={"error": {"code": code, "message": "later"}})
    assert caller.put() == 200
    assert caller.waits == [0.25]


def test_a_refused_token_is_replaced_once_and_at_once(caller: Caller, fault: Fault, journal: Journal) -> None:
    fault(status=401, body={"error": {"code": "ExpiredAuthenticationToken", "message": "old"}})
    assert caller.put() == 200
    assert caller.waits == []
    fault(times=2, status=401, body={"error": {"code": "InvalidAuthenticationTokenTenant", "message": "wrong"}})
    assert caller.refusal().code == "InvalidAuthenticationTokenTenant"
    assert [request["status"] for request in journal()] == [401, 200, 401, 401]


def test_preparing_makes_no_call(caller: Caller, journal: Journal) -> None:
    caller.arm.prepare()
    assert journal() == []
    assert caller.put() == 200


def test_a_token_that_expired_is_replaced(caller: Caller, emulator: str, journal: Journal) -> None:
    requests.post(f"{emulator}/_emulator/settings", json={"token_seconds": 1}, timeout=10).raise_for_status()
    assert caller.put() == 200
    requests.post(f"{emulator}/_emulator/settings", json={"token_seconds": 3600}, timeout=10).raise_for_status()
    until(lambda: caller.put() and 401 in [request["status"] for request in journal()], "an expired token")
    assert journal()[-1]["status"] == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_connection_is_tried_again(caller: Caller, fault: Fault, when: str) -> None:
    fault(reset=when)
    assert caller.put() == 200
    assert len(caller.waits) == 1


@pytest.mark.parametrize("broken", [{"truncate_body_at": 20}, {"status": 502, "body": "<html>", "slow_body_s": 0.01}])
def test_an_answer_that_breaks_off_is_asked_for_again(caller: Caller, fault: Fault, broken: dict[str, Any]) -> None:
    fault(**broken)
    assert caller.put() == 200
    assert len(caller.waits) == 1


@pytest.mark.parametrize("headers", [{"Retry-After": "7"}, {"retry-after-ms": "7000"}, {"x-ms-retry-after-ms": "7000"}])
def test_the_wait_that_arm_asks_for_is_the_floor(caller: Caller, fault: Fault, headers: dict[str, str]) -> None:
    fault(status=429, headers=headers)
    assert caller.put() == 200
    assert caller.waits == [7.25]


def test_a_wait_until_a_date_counts_from_the_date_of_the_answer(caller: Caller, fault: Fault) -> None:
    dates = {"Retry-After": "Thu, 01 Jan 2026 00:00:07 GMT", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    fault(status=503, headers=dates)
    assert caller.put() == 200
    assert caller.waits == [7.25]


def test_a_wait_that_is_only_in_the_message_is_a_floor_too(caller: Caller, fault: Fault) -> None:
    fault(status=429, body={"error": {"code": "X", "message": "Please try again after '7' seconds."}})
    assert caller.put() == 200
    assert caller.waits == [7.25]


def test_a_wait_longer_than_the_time_left_is_handed_to_the_caller(
    caller: Caller, fault: Fault, journal: Journal
) -> None:
    fault(status=429, headers={"Retry-After": "600"})
    assert caller.unavailable().retry_after_s == 600
    assert caller.waits == []
    assert len(journal()) == 1


def test_attempts_come_to_an_end_and_share_one_client_request_id(
    caller: Caller, fault: Fault, journal: Journal
) -> None:
    fault(times=9, status=503)
    assert caller.unavailable().status == 503
    requests_made = journal()
    assert len(requests_made) == 4
    assert len({request["headers"]["x-ms-client-request-id"] for request in requests_made}) == 1


def test_a_dead_arm_is_not_hammered(caller: Caller, fault: Fault, journal: Journal) -> None:
    fault(times=99, status=503)
    for _ in range(20):
        caller.unavailable()
    assert len(journal()) == 20 + 10


def test_a_bucket_that_is_nearly_empty_slows_the_next_call_but_one_down(caller: Caller, fault: Fault) -> None:
    fault(times=2, headers={"x-ms-ratelimit-remaining-subscription-writes": "0"})
    caller.put()
    caller.put()
    assert caller.waits == []
    caller.put()
    assert len(caller.waits) == 1


def test_a_call_without_time_for_its_turn_is_not_made_but_told_when(
    caller: Caller, fault: Fault, journal: Journal
) -> None:
    fault(times=2, headers={"x-ms-ratelimit-remaining-subscription-writes": "0"})
    caller.put()
    caller.put()
    with pytest.raises(Throttled) as throttled:
        factory.put_environment(caller.arm, ENVIRONMENT, SPEC, deadline_s=1)
    assert 7 < (throttled.value.retry_after_s or 0) <= 8
    assert len(journal()) == 2


def test_a_429_costs_neither_attempts_nor_the_budget(caller: Caller, fault: Fault) -> None:
    fault(times=7, status=429, headers={"Retry-After": "1"})
    assert caller.put() == 200
    fault(times=3, status=503)
    assert caller.put() == 200


def test_ids_and_the_rest_of_the_quota_are_kept_on_the_answer(caller: Caller) -> None:
    answer = factory.get_environment(caller.arm, EnvironmentId(FACTORY, "sample-2"), deadline_s=60)
    assert answer.request_id
    assert answer.request_id == answer.correlation_id
    assert answer.quota["subscription-reads"] > 0


def test_a_redirect_is_not_followed(caller: Caller, fault: Fault, emulator: str, journal: Journal) -> None:
    fault(status=307, headers={"Location": f"{emulator}/elsewhere"})
    assert caller.refusal().status == 307
    assert len(journal()) == 1


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", "{", [], None, {"error": None}, {"code": "C"}])
def test_any_body_of_an_error_becomes_a_code_and_a_message(caller: Caller, fault: Fault, body: object) -> None:
    fault(status=400, body=body)
    assert caller.refusal().code in {"HTTP 400", "C"}


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": object()}])
def test_what_is_no_json_is_not_sent(caller: Caller, journal: Journal, body: object) -> None:
    with pytest.raises(ServiceRefusal) as refused:
        caller.arm.call(RestCall("test", "PUT", resource_url(*ENVIRONMENT.segments), body), deadline_s=60)
    assert refused.value.code == "NotSendable"
    assert journal() == []


def test_a_header_that_would_be_two_is_not_sent(caller: Caller, journal: Journal) -> None:
    with pytest.raises(ServiceRefusal) as refused:
        factory.put_environment(caller.arm, ENVIRONMENT, SPEC, deadline_s=60, if_match="x\r\nX-Other: y")
    assert refused.value.code == "NotSendable"
    assert journal() == []


def test_without_time_nothing_is_sent(caller: Caller, journal: Journal) -> None:
    with pytest.raises(ServiceUnavailable, match="OutOfTime"):
        factory.get_environment(caller.arm, ENVIRONMENT, deadline_s=0)
    assert journal() == []


def test_an_arm_that_is_down_is_unavailable() -> None:
    caller = RestCaller(arm_service("http://127.0.0.1:1", "x"), _Token(), sleep=lambda _: None)
    with pytest.raises(ServiceUnavailable, match="NotConnected: ConnectionRefusedError"):
        caller.call(RestCall("test", "GET", resource_url(*FACTORY.segments)), deadline_s=5)


def test_an_identity_without_a_token_sends_nothing(
    cloud: Service, monkeypatch: pytest.MonkeyPatch, journal: Journal
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    credential.cache_clear()
    with pytest.raises(NoToken):
        Caller(cloud, attempts=1).put()
    assert journal() == []


def test_the_log_has_one_line_per_attempt_and_no_secret_token_or_name(
    caller: Caller, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="shared")
    fault(status=503, body={"error": {"code": "Busy", "message": "canary"}})
    caller.put()
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("shared")]
    path = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.DataFactory/factories/{}/integrationRuntimes/{}"
    assert [line.split(" in ")[0] for line in lines] == [
        f"arm put environment: PUT {path} #1/4: 503",
        f"arm put environment: PUT {path} #2/4: 200",
    ]
    assert not any(word in line for line in lines for word in ("canary", "Bearer", "example", "made-here", "2018"))


def test_all_attempts_go_on_with_the_trace_each_under_a_span_of_its_own(
    caller: Caller, fault: Fault, journal: Journal
) -> None:
    fault(status=503)
    with continuing(Trace.parse(f"00-{'a' * 32}-{'b' * 16}-01", "vendor=1")):
        caller.put()
    sent = [request["headers"] for request in journal()]
    parents = [headers["traceparent"].split("-") for headers in sent]
    assert [(version, trace, flags) for version, trace, _, flags in parents] == [("00", "a" * 32, "01")] * 2
    assert len({span for _, _, span, _ in parents} | {"b" * 16}) == 3
    assert {headers["tracestate"] for headers in sent} == {"vendor=1"}
    assert {headers["x-ms-correlation-request-id"] for headers in sent} == {
        "-".join(["a" * 8, *["a" * 4] * 3, "a" * 12])
    }


def test_the_calls_of_one_sync_have_one_correlation_id_in_every_process(caller: Caller, journal: Journal) -> None:
    for sync_id in ("42-a", "42-b", "42-a"):
        with bound(sync_id=sync_id):
            caller.put()
    first, other, again = (request["headers"]["x-ms-correlation-request-id"] for request in journal())
    assert first == again == "3c1277ac-6a0b-561e-b043-6ba1926cbb20"
    assert other != first


def test_without_a_trace_and_a_sync_a_call_carries_neither(caller: Caller, journal: Journal) -> None:
    caller.put()
    (request,) = journal()
    assert not {"traceparent", "tracestate", "x-ms-correlation-request-id"} & request["headers"].keys()


def test_calls_retries_and_what_arm_says_of_its_quota_are_counted(
    caller: Caller, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Counter[tuple[str, ...]] = Counter()
    monkeypatch.setattr(
        metrics, "record", lambda metric, value, *labels: counted.update({(metric.name, *labels): value})
    )
    fault(status=503)
    caller.put()
    fault(status=400)
    caller.refusal()
    assert counted.pop((ARM_QUOTA.name, "subscription-writes")) > 0
    assert counted == {
        (ARM_CALLS.name, "put environment", "ok"): 1,
        (ARM_CALLS.name, "put environment", "refused"): 1,
        (ARM_RETRIES.name, "503"): 1,
    }


class _Token:
    token = "not a real one"  # noqa: S105

    def get_token(self, *_: str) -> "_Token":
        return self
