"""Data Factory as the relay's target, against the emulator, in the three ways that a sync may be answered."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from shared.adf.names import EnvironmentId
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.rest.caller import RestCaller
from shared.rest.urls import Service
from shared.storage.connections import credential
from shared.targets.data_factory import DataFactory
from shared.targets.port import ImportFailed, ImportProgress, ImportSucceeded, StillRunning, Work
from tests.unit.memory import FACTORY, make_route
from tests.waiting import until

ROUTE = make_route()


@pytest.fixture
def target(cloud: Service) -> DataFactory:
    return DataFactory(RestCaller(cloud, credential()), settle=timedelta(seconds=1))


@pytest.fixture
def answer_syncs(emulator: str) -> Callable[[str], None]:
    def set_style(style: str) -> None:
        body = {"sync_style": style, "import_seconds": 0.3, "retry_after": 0}
        requests.post(f"{emulator}/_emulator/settings", json=body, timeout=10).raise_for_status()

    return set_style


def end_of(target: DataFactory, handle: str) -> ImportProgress:
    """Poll until the operation has ended, as wake-ups would."""
    latest: list[ImportProgress] = [StillRunning(handle, 0)]

    def ended() -> bool:
        if isinstance(latest[0], StillRunning):
            time.sleep(latest[0].after_s)
            latest[0] = target.poll(latest[0].handle, Work(ROUTE), deadline_s=10)
        return not isinstance(latest[0], StillRunning)

    until(ended, "the operation's end")
    return latest[0]


def test_the_state_of_an_environment_is_read(target: DataFactory) -> None:
    environment = target.environment_state(ROUTE, deadline_s=10)
    assert (environment.status, environment.state) == (200, "Started")
    assert environment.request_id


def test_what_runs_in_an_environment_is_read(target: DataFactory) -> None:
    runtime = target.environment_state(ROUTE, deadline_s=10).runtime
    assert runtime.airflow_version
    assert runtime.python_version
    assert runtime.requirements is not None


def test_an_environment_that_does_not_exist_is_refused(target: DataFactory) -> None:
    nowhere = replace(ROUTE, environment=EnvironmentId(FACTORY, "nowhere"))
    with pytest.raises(ServiceRefusal) as refused:
        target.environment_state(nowhere, deadline_s=10)
    assert refused.value.status == 404


def test_the_documented_answer_offers_nothing_to_follow(target: DataFactory) -> None:
    accepted = target.sync(ROUTE, deadline_s=10)
    assert (accepted.status, accepted.handle) == (202, None)


@pytest.mark.parametrize("style", ["async-operation", "location"])
def test_an_operation_is_followed_to_its_good_end(
    target: DataFactory, answer_syncs: Callable[[str], None], blobs: BlobServiceClient, style: str
) -> None:
    blobs.create_container("files").upload_blob("airflow/dags/a.py", b"x")
    answer_syncs(style)
    accepted = target.sync(ROUTE, deadline_s=10)
    assert accepted.handle
    assert end_of(target, accepted.handle) == ImportSucceeded()


@pytest.mark.parametrize("style", ["async-operation", "location"])
def test_an_import_that_fails_says_why(target: DataFactory, answer_syncs: Callable[[str], None], style: str) -> None:
    answer_syncs(style)
    accepted = target.sync(ROUTE, deadline_s=10)
    assert accepted.handle
    ended = end_of(target, accepted.handle)
    assert isinstance(ended, ImportFailed)
    assert ended.code
    assert ended.message


def test_an_operation_on_another_host_is_not_asked_about(target: DataFactory) -> None:
    handle = json.dumps({"url": "https://elsewhere.example/op", "follow": "Location", "afterSeconds": 1})
    ended = target.poll(handle, Work(ROUTE), deadline_s=10)
    assert isinstance(ended, ImportFailed)
    assert ended.code == "ForeignUrl"


def test_a_sync_that_a_proxy_answers_is_no_accepted_sync(target: DataFactory, emulator: str) -> None:
    page = {"match": {"method": "POST"}, "answer": {"status": 200, "body": "<html>Welcome</html>"}, "times": 9}
    requests.post(f"{emulator}/_emulator/faults", json=page, timeout=10).raise_for_status()
    with pytest.raises(ServiceUnavailable, match="UnexpectedAnswer"):
        target.sync(ROUTE, deadline_s=2)


def test_an_operation_that_a_proxy_answers_for_has_not_ended(target: DataFactory, emulator: str) -> None:
    page = {"answer": {"status": 200, "body": "<html>Welcome</html>"}, "times": 9}
    requests.post(f"{emulator}/_emulator/faults", json=page, timeout=10).raise_for_status()
    handle = json.dumps({"url": str(ROUTE.environment), "follow": "Location", "afterSeconds": 1})
    assert isinstance(target.poll(handle, Work(ROUTE), deadline_s=2), StillRunning)
