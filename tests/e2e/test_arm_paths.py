"""ARM's own clients with the app in ARM's place."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from azure.core import MatchConditions
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.datafactory import DataFactoryManagementClient

from shared.adf.names import FactoryId
from tests.e2e.conftest import Running
from tests.e2e.environments import FACTORY, calls_since, environments_stack, script

LISTED = FactoryId.parse(FACTORY)
PLACE = (LISTED.resource_group, LISTED.name)
RUNTIMES = f"/api{FACTORY}/integrationRuntimes"
VERSION = "?api-version=2018-06-01"
SPEC = {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": 2}}}}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with environments_stack() as running:
        yield running


@pytest.fixture
def runtimes(running: Running) -> Iterator[Any]:
    key = AzureKeyCredential("any: the stand-in host asks for none unless told to")
    client = DataFactoryManagementClient(
        key,  # type: ignore[arg-type]  # with this policy no token is asked for
        LISTED.subscription,
        base_url=f"{running.addresses.app}/api",
        authentication_policy=AzureKeyCredentialPolicy(key, "x-functions-key"),
        retry_total=0,
    )
    with client:
        yield client.integration_runtimes


def nodes(runtime: Any) -> object:  # noqa: ANN401 - the client knows no Airflow
    return runtime.as_dict()["properties"]["typeProperties"]["computeProperties"]["extraNodes"]


def test_the_sdk_creates_reads_lists_and_deletes_environments_through_the_app(runtimes: Any) -> None:  # noqa: ANN401
    made = runtimes.create_or_update(*PLACE, "by-sdk", SPEC)
    assert (made.name, nodes(made)) == ("by-sdk", 2)
    assert nodes(runtimes.get(*PLACE, "by-sdk")) == 2
    assert [found.name for found in runtimes.list_by_factory(*PLACE)] == ["by-sdk", "sample-2"]
    runtimes.delete(*PLACE, "by-sdk")
    assert [found.name for found in runtimes.list_by_factory(*PLACE)] == ["sample-2"]


def test_the_sdk_follows_a_stop_and_a_start_to_their_ends_through_the_app(runtimes: Any) -> None:  # noqa: ANN401
    runtimes.create_or_update(*PLACE, "to-steer", SPEC)
    for begin, state in ((runtimes.begin_stop, "Stopped"), (runtimes.begin_start, "Started")):
        poller = begin(*PLACE, "to-steer", polling_interval=0)
        poller.result(60)
        assert poller.status() == "Succeeded"
        assert runtimes.get(*PLACE, "to-steer").as_dict()["properties"]["state"] == state


def test_the_sdk_shows_a_refusal_in_its_own_error(runtimes: Any) -> None:  # noqa: ANN401
    with pytest.raises(HttpResponseError) as refused:
        runtimes.create_or_update(*PLACE, "refused", {"properties": {"type": "SelfHosted"}})
    assert refused.value.error is not None
    assert (refused.value.status_code, refused.value.error.code) == (422, "InvalidSpec")
    assert "properties.type" in refused.value.message


def test_the_words_of_the_path_compare_without_regard_to_case(running: Running) -> None:
    asked = requests.get(f"{running.addresses.app}{RUNTIMES.upper()}/SAMPLE-2{VERSION}", timeout=60)
    assert (asked.status_code, asked.json()["name"]) == (200, "sample-2")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{RUNTIMES}/sample-2", 400),
        (f"{RUNTIMES}/sample-2?api-version=2099-01-01", 400),
        (f"{RUNTIMES}{VERSION}&factory=second-adf", 400),
        (f"{RUNTIMES.replace('example-adf', 'third-adf')}/sample-2{VERSION}", 403),
        (f"{RUNTIMES.replace('example-rg', 'other-rg')}{VERSION}", 403),
        (f"{RUNTIMES.replace('example-rg', '%2e%2e')}/sample-2{VERSION}", 404),
        (f"{RUNTIMES.replace('example-rg', 'example-rg%2fx')}/sample-2{VERSION}", 403),
        (f"{RUNTIMES}/a--b{VERSION}", 422),
        (f"/api{FACTORY}/linkedservices{VERSION}", 404),
        (f"/api{FACTORY}/airflow/sync{VERSION}", 404),
    ],
)
def test_nothing_else_of_arm_can_be_reached(running: Running, path: str, status: int) -> None:
    calls = len(running.journal())
    assert requests.get(f"{running.addresses.app}{path}", timeout=60).status_code == status
    assert calls_since(running, calls) == []


def test_an_accepted_start_names_no_address_of_arm(running: Running) -> None:
    answer = requests.post(f"{running.addresses.app}{RUNTIMES}/sample-2/start{VERSION}", timeout=60)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
    assert answer.headers["Location"].startswith(
        f"{running.addresses.app}{RUNTIMES}/sample-2/start{VERSION}&operation="
    )
    token = parse_qs(urlsplit(answer.headers["Location"]).query)["operation"][0]
    assert (
        running.addresses.arm not in f"{dict(answer.headers)} {answer.text} {base64.urlsafe_b64decode(token).decode()}"
    )


@pytest.mark.parametrize("place", ["/api/environments", RUNTIMES])
def test_following_a_start_that_fails_tells_the_failure(running: Running, place: str) -> None:
    version = VERSION if place == RUNTIMES else ""
    started = requests.post(f"{running.addresses.app}{place}/sample-2/start{version}", timeout=60)
    failed = {"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no more nodes"}}
    script(running, "GET", "operationresults", status=200, body=failed)
    answer = requests.get(started.headers["Location"], timeout=60)
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (
        409,
        "QuotaExceeded",
        "no more nodes",
    )


def test_the_sdk_raises_where_a_start_fails(running: Running, runtimes: Any) -> None:  # noqa: ANN401
    failed = {"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no more nodes"}}
    script(running, "GET", "operationresults", status=200, body=failed)
    with pytest.raises(HttpResponseError, match="no more nodes"):
        runtimes.begin_start(*PLACE, "sample-2", polling_interval=0).result(60)


def test_the_sdk_reads_the_state(runtimes: Any) -> None:  # noqa: ANN401
    status = runtimes.get_status(*PLACE, "sample-2")
    assert (status.name, status.properties.data_factory_name) == ("sample-2", "example-adf")


def test_a_condition_of_the_sdk_is_honoured(runtimes: Any) -> None:  # noqa: ANN401
    version = {"etag": runtimes.get(*PLACE, "sample-2").as_dict()["etag"]}
    assert runtimes.get(*PLACE, "sample-2", match_condition=MatchConditions.IfModified, **version) is None


def test_head_is_answered_where_get_is(running: Running) -> None:
    for path in ("/api/health", f"{RUNTIMES}/sample-2{VERSION}"):
        answer = requests.head(f"{running.addresses.app}{path}", timeout=60)
        assert (answer.status_code, answer.content) == (200, b"")
