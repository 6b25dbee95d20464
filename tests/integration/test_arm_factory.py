"""The operations on environments and on what runs long, against the emulator."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.arm import factory
from shared.arm.clouds import resource_url
from shared.arm.operations import (
    Follow,
    Operation,
    OperationFailed,
    OperationProgress,
    OperationRunning,
    OperationSucceeded,
    poll,
    started,
)
from shared.errors import ServiceRefusal, ServiceUnavailable, UnexpectedAnswer
from shared.rest.caller import RestCaller
from shared.rest.urls import Service
from shared.storage.connections import credential
from tests.waiting import until

FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")
SEEDED = EnvironmentId(FACTORY, "sample-2")
MADE = EnvironmentId(FACTORY, "made-here")
SYNC = SyncRequest(
    integration_runtime_name="sample-2", linked_service_name="AzureBlobStorage1", storage_folder_path="none/airflow"
)


def spec(nodes: int) -> dict[str, Any]:
    types = {"computeProperties": {"extraNodes": nodes}, "airflowProperties": {"password": "canary", "userName": None}}
    return {"properties": {"type": "Airflow", "typeProperties": types}}


@pytest.fixture
def arm(cloud: Service) -> RestCaller:
    return RestCaller(cloud, credential(), sleep=lambda _: None)


@pytest.fixture
def control(emulator: str) -> Callable[..., Any]:
    def post(endpoint: str, **body: Any) -> None:  # noqa: ANN401 - JSON
        requests.post(f"{emulator}/_emulator/{endpoint}", json=body, timeout=10).raise_for_status()

    return post


@pytest.fixture
def lost(control: Callable[..., Any]) -> Callable[[str], None]:
    """Let the next request with a method be carried out and its answer be lost."""
    return lambda method: control("faults", match={"method": method}, answer={"reset": "after"})


@pytest.fixture
def journal(emulator: str) -> Callable[[], list[str]]:
    def methods() -> list[str]:
        entries = requests.get(f"{emulator}/_emulator/journal", timeout=10).json()
        return [f"{entry['method']} {entry['status']}" for entry in entries]

    return methods


def put(arm: RestCaller, nodes: int, **conditions: str) -> dict[str, Any]:
    answer = factory.put_environment(arm, MADE, spec(nodes), deadline_s=60, **conditions)
    body: dict[str, Any] = answer.json()
    return body


def nodes(body: dict[str, Any]) -> object:
    return body["properties"]["typeProperties"]["computeProperties"]["extraNodes"]


def test_an_environment_is_made_read_and_deleted(arm: RestCaller) -> None:
    assert put(arm, 1)["properties"]["state"] == "Initial"
    assert nodes(factory.get_environment(arm, MADE, deadline_s=60).json()) == 1
    assert factory.state_of(factory.get_environment(arm, SEEDED, deadline_s=60)) == "Started"
    assert factory.delete_environment(arm, MADE, deadline_s=60).status == 200
    assert factory.delete_environment(arm, MADE, deadline_s=60).status == 204
    with pytest.raises(ServiceRefusal) as refused:
        factory.get_environment(arm, MADE, deadline_s=60)
    assert refused.value.status == 404


def test_the_factory_tells_its_region(arm: RestCaller) -> None:
    assert factory.region_of(arm, FACTORY, deadline_s=60) == "eastus"


def test_a_list_has_all_pages(arm: RestCaller, control: Callable[..., Any]) -> None:
    control("settings", page_size=1)
    put(arm, 1)
    names = [found["name"] for found in factory.list_environments(arm, FACTORY, deadline_s=60)]
    assert names == ["made-here", "sample-2"]


@pytest.mark.parametrize("link", ["https://elsewhere.example/next", "//elsewhere.example/"])
def test_a_page_that_leads_to_another_host_is_not_followed(
    arm: RestCaller, control: Callable[..., Any], link: str
) -> None:
    control("faults", answer={"body": {"value": [], "nextLink": link}})
    with pytest.raises(ServiceRefusal, match="ForeignUrl"):
        factory.list_environments(arm, FACTORY, deadline_s=60)


SIGN_IN_PAGE = "<html><title>Sign in</title></html>"
OPERATIONS: dict[str, Callable[[RestCaller], object]] = {
    "put": lambda arm: factory.put_environment(arm, SEEDED, spec(1), deadline_s=60),
    "get": lambda arm: factory.get_environment(arm, SEEDED, deadline_s=60),
    "list": lambda arm: factory.list_environments(arm, FACTORY, deadline_s=60),
    "delete": lambda arm: factory.delete_environment(arm, SEEDED, deadline_s=60),
    "start": lambda arm: factory.start_environment(arm, SEEDED, deadline_s=60),
    "sync": lambda arm: factory.sync(arm, FACTORY, SYNC, deadline_s=60),
    "poll": lambda arm: poll(arm, Operation(str(SEEDED), Follow.RESULT), deadline_s=60),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_success_that_a_proxy_made_up_is_repeated_and_never_believed(
    arm: RestCaller, control: Callable[..., Any], operation: str
) -> None:
    control("faults", times=None, answer={"status": 200, "body": SIGN_IN_PAGE})
    with pytest.raises(UnexpectedAnswer, match="Sign in") as raised:
        OPERATIONS[operation](arm)
    assert (raised.value.status, raised.value.may_have_acted) == (200, True)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("put", {"status": 200, "body": ""}),
        ("put", {"status": 204}),
        ("get", {"status": 200, "body": []}),
        ("get", {"status": 202, "body": {"properties": {"type": "Airflow"}}}),
        ("get", {"status": 200, "body": {"properties": {}}}),
        ("put", {"status": 200, "body": {"properties": {"type": None}}}),
        ("list", {"status": 200, "body": ""}),
        ("list", {"status": 200, "body": []}),
        ("list", {"status": 200, "body": {"value": None}}),
        ("delete", {"status": 201}),
        ("start", {"status": 204}),
        ("sync", {"status": 203}),
    ],
)
def test_a_success_that_the_operation_does_not_document_is_a_failure(
    arm: RestCaller, control: Callable[..., Any], operation: str, answer: dict[str, Any]
) -> None:
    control("faults", times=None, answer=answer)
    with pytest.raises(UnexpectedAnswer):
        OPERATIONS[operation](arm)


def test_after_a_made_up_success_the_real_one_counts(arm: RestCaller, control: Callable[..., Any]) -> None:
    control("faults", times=1, answer={"status": 200, "body": SIGN_IN_PAGE})
    assert factory.get_environment(arm, SEEDED, deadline_s=60).json()["name"] == "sample-2"


def test_what_is_no_resource_in_a_list_is_passed_over(arm: RestCaller, control: Callable[..., Any]) -> None:
    control("faults", answer={"status": 200, "body": {"value": [1], "nextLink": 7}})
    assert factory.list_environments(arm, FACTORY, deadline_s=60) == []


def test_pages_without_end_end_at_the_deadline(cloud: Service, emulator: str, control: Callable[..., Any]) -> None:
    seconds = iter(range(10**6))
    arm = RestCaller(cloud, credential(), clock=lambda: float(next(seconds)), sleep=lambda _: None)
    link = f"{emulator}{FACTORY}/integrationRuntimes?api-version=2018-06-01"
    control("faults", times=None, answer={"body": {"value": [], "nextLink": link}})
    with pytest.raises(ServiceUnavailable, match="OutOfTime"):
        factory.list_environments(arm, FACTORY, deadline_s=100)


def test_a_put_needs_the_version_it_names(arm: RestCaller) -> None:
    version = put(arm, 1, if_none_match="*")["etag"]
    assert nodes(put(arm, 2, if_match=version)) == 2
    for conditions in ({"if_match": version}, {"if_none_match": "*"}):
        with pytest.raises(ServiceRefusal) as refused:
            put(arm, 3, **conditions)
        assert refused.value.status == 412


def test_a_put_that_succeeded_unseen_is_recognised(
    arm: RestCaller, lost: Callable[[str], None], journal: Callable[[], list[str]]
) -> None:
    lost("PUT")
    version = put(arm, 1, if_none_match="*")["etag"]
    lost("PUT")
    assert nodes(put(arm, 2, if_match=version)) == 2
    assert journal() == ["PUT None", "PUT 412", "GET 200"] * 2


def test_a_put_that_another_caller_came_before_is_still_refused(
    arm: RestCaller, control: Callable[..., Any], journal: Callable[[], list[str]]
) -> None:
    version = put(arm, 1)["etag"]
    put(arm, 5)
    control("faults", match={"method": "PUT"}, answer={"reset": "before"})
    with pytest.raises(ServiceRefusal) as refused:
        put(arm, 2, if_match=version)
    assert refused.value.status == 412
    assert journal()[2:] == ["PUT None", "PUT 412", "GET 200"]


def test_a_refused_precondition_is_not_read_back_when_nothing_was_unclear(
    arm: RestCaller, control: Callable[..., Any], journal: Callable[[], list[str]]
) -> None:
    put(arm, 1)
    control("faults", answer={"status": 429})
    with pytest.raises(ServiceRefusal):
        put(arm, 1, if_none_match="*")
    assert journal() == ["PUT 200", "PUT 429", "PUT 412"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_what_was_done_unseen_can_be_repeated(
    arm: RestCaller, lost: Callable[[str], None], journal: Callable[[], list[str]], method: str
) -> None:
    lost(method)
    if method == "PUT":
        put(arm, 1)
    elif method == "POST":
        factory.sync(arm, FACTORY, SYNC, deadline_s=60)
    else:
        factory.delete_environment(arm, SEEDED, deadline_s=60)
    assert journal() == [f"{method} None", f"{method} { {'PUT': 200, 'POST': 202, 'DELETE': 204}[method] }"]


def finished(arm: RestCaller, operation: Operation) -> OperationProgress:
    """Poll, and store the operation in between as a wake-up would."""
    stored = operation.as_json()

    def look() -> OperationProgress | None:
        progress = poll(arm, Operation.from_json(stored), deadline_s=60)
        if isinstance(progress, OperationRunning):
            stored.update(progress.operation.as_json())
            return None
        return progress

    ended = until(look, "an operation that ends")
    assert ended is not None
    return ended


@pytest.mark.parametrize(("act", "state"), [("stop", "Stopped"), ("start", "Started")])
def test_starting_and_stopping_are_followed_to_their_end(
    arm: RestCaller, control: Callable[..., Any], cloud: Service, act: str, state: str
) -> None:
    control("settings", provisioning_seconds=0.05)
    begun = getattr(factory, f"{act}_environment")(arm, SEEDED, deadline_s=60)
    operation = started(begun, resource_url(*SEEDED.segments), cloud)
    assert operation is not None
    assert operation.follow is Follow.EITHER
    assert finished(arm, operation) == OperationSucceeded()
    assert factory.state_of(factory.get_environment(arm, SEEDED, deadline_s=60)) == state


@pytest.mark.parametrize(("style", "follow"), [("async-operation", Follow.STATUS), ("location", Follow.RESULT)])
def test_a_sync_that_fails_later_says_so_in_arms_words(
    arm: RestCaller, control: Callable[..., Any], cloud: Service, style: str, follow: Follow
) -> None:
    control("settings", sync_style=style, import_seconds=0)
    begun = factory.sync(arm, FACTORY, SYNC, deadline_s=60)
    operation = started(begun, resource_url(*FACTORY.segments), cloud)
    assert operation is not None
    assert operation.follow is follow
    result = finished(arm, operation)
    assert isinstance(result, OperationFailed)
    assert result.code == "ContainerNotFound"


def test_the_seeds_answer_to_a_sync_begins_nothing_that_can_be_followed(arm: RestCaller, cloud: Service) -> None:
    answer = factory.sync(arm, FACTORY, SYNC, deadline_s=60)
    assert started(answer, resource_url(*FACTORY.segments), cloud) is None


@pytest.mark.parametrize("url", ["https://elsewhere.example/operation", "http://127.0.0.1:1/operation", "//x/y"])
def test_a_stored_url_of_another_host_gets_no_token(
    arm: RestCaller, journal: Callable[[], list[str]], url: str
) -> None:
    with pytest.raises(ServiceRefusal, match="ForeignUrl"):
        poll(arm, Operation(url, Follow.STATUS), deadline_s=60)
    assert journal() == []


@pytest.mark.parametrize(("follow", "status"), [(Follow.STATUS, 404), (Follow.RESULT, 403), (Follow.EITHER, 401)])
def test_a_status_that_cannot_be_read_says_nothing_about_the_operation(
    arm: RestCaller, control: Callable[..., Any], emulator: str, follow: Follow, status: int
) -> None:
    control("faults", times=2, answer={"status": status})
    with pytest.raises(ServiceRefusal) as refused:
        poll(arm, Operation(f"{emulator}/operation?api-version=2018-06-01", follow), deadline_s=60)
    assert refused.value.status == status
