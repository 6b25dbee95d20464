"""One folder kept in step with Data Factory and with a Fabric job, on the stack as a user starts it."""

import json
from collections.abc import Iterator
from hashlib import md5
from http import HTTPStatus
from typing import Any

import pytest
import requests

from tests.e2e.conftest import DAG, Running, running_stack
from tests.waiting import until

JOB = "22222222-2222-2222-2222-222222222222"
ROUTES = [
    {
        "name": "adf",
        "environment": "sample-2",
        "linked_service": "AzureBlobStorage1",
        "folder": "airflow-files/airflow",
    },
    {
        "name": "fabric",
        "target": "fabric",
        "workspace": "11111111-1111-1111-1111-111111111111",
        "job": JOB,
        "folder": "airflow-files/airflow",
    },
]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    settings = {"RELAY_QUIET_SECONDS": "1", "RELAY_SETTLE_SECONDS": "1", "RELAY_ROUTES": json.dumps(ROUTES)}
    with running_stack(**settings) as (running, _):
        running.container.create_container()
        yield running


def held(running: Running) -> dict[str, str]:
    files = requests.get(f"{running.addresses.arm}/_emulator/fabric/jobs/{JOB}/files", timeout=60).json()
    return {file["path"]: file["md5"] for file in files}


def folder(running: Running) -> dict[str, str]:
    """Return what the job has to hold: every file of the folder, with the MD5 of its bytes."""
    blobs = {name: running.container.download_blob(name).readall() for name in running.container.list_blob_names()}
    return {
        name.removeprefix("airflow/"): md5(content, usedforsecurity=False).hexdigest()
        for name, content in blobs.items()
    }


def route(running: Running, name: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{running.addresses.app}/api/routes/{name}", timeout=60).json()
    return found


def in_step(running: Running) -> bool:
    return held(running) == folder(running) and route(running, "fabric")["conditions"][0]["status"] == "True"


def puts(running: Running) -> list[str]:
    return [entry["path"].rpartition("/files/")[2] for entry in running.journal() if entry["method"] == "PUT"]


def sync(running: Running) -> None:
    """Ask for a look; a deletion makes no event where blobs are polled."""
    requests.post(f"{running.addresses.app}/api/routes/fabric/sync", timeout=60).raise_for_status()


def test_uploads_land_in_both_targets(running: Running) -> None:
    files = {f"dags/f{number}.py": DAG * number for number in range(40)}
    running.upload_burst({**files, "plugins/p.py": DAG})
    until(lambda: in_step(running), "the job in step with the folder", 120)
    running.wait_for(lambda _seen: running.imports_file("dags/f39.py"), "the import into Data Factory", 120)
    assert len(puts(running)) == 41


def test_a_change_a_rename_and_a_deletion_are_carried_out(running: Running) -> None:
    before = len(puts(running))
    running.upload("dags/f1.py", b"changed = True\n")
    running.upload("dags/team/renamed.py", DAG * 2)
    running.container.delete_blob("airflow/dags/f2.py")
    running.container.delete_blob("airflow/dags/f3.py")
    sync(running)
    until(lambda: in_step(running), "the job in step with the folder", 120)
    assert sorted(puts(running)[before:]) == ["dags/f1.py", "dags/team/renamed.py"]


def test_a_push_goes_on_after_a_full_quota(running: Running) -> None:
    busy = {
        "status": 429,
        "headers": {"Retry-After": "2"},
        "body": {"errorCode": "RequestBlocked", "message": "Later."},
    }
    running.fault({"method": "PUT", "path_contains": "/files/dags/g1"}, busy, times=2)
    running.upload_burst({f"dags/g{number}.py": DAG for number in range(20)})
    until(lambda: in_step(running), "the job in step with the folder", 120)


def test_fabric_goes_on_while_arm_is_down(running: Running) -> None:
    script = {"match": {"path_contains": "/subscriptions/"}, "times": None, "answer": {"status": 503}}
    faults = f"{running.addresses.arm}/_emulator/faults"
    requests.post(faults, json=script, timeout=60).raise_for_status()
    running.upload("dags/while_arm_is_down.py")
    until(lambda: in_step(running), "the job in step with the folder", 120)
    until(lambda: route(running, "adf")["failure"], "the failure of the other route", 120)
    requests.delete(faults, timeout=60).raise_for_status()


def test_a_route_shows_its_job_and_what_it_cannot_take(running: Running) -> None:
    running.upload("dags/latin.py", b"# \xe9\n")
    until(lambda: route(running, "fabric")["notSent"] == 1, "the file that is not sent", 120)
    shown = route(running, "fabric")
    assert shown["environment"].endswith(JOB)
    assert (shown["settings"]["target"], shown["settings"]["deletes"]) == ("fabric", "carry")
    assert [file["name"] for file in shown["notSentFiles"]] == ["airflow/dags/latin.py"]
    assert shown["foreignFiles"] == {"count": 0, "first": []}
    assert "dags/latin.py" not in held(running)
    ready = shown["conditions"][0]
    assert (ready["status"], ready["reason"]) == ("True", "SyncedInPart")
    file = requests.get(f"{running.addresses.app}/api/routes/fabric/files/dags/latin.py", timeout=60).json()
    assert (file["state"], file["sentence"].partition(":")[0]) == ("notSent", "the job cannot take this version")
    running.container.delete_blob("airflow/dags/latin.py")


def test_a_job_is_read_back_on_request_and_data_factory_cannot_be(running: Running) -> None:
    running.upload("dags/read_back.py")
    until(lambda: "dags/read_back.py" in held(running), "the file in the job", 120)
    api = f"{running.addresses.app}/api/routes"
    asked = requests.post(f"{api}/fabric/sync?verify=content", timeout=60)
    url = f"{running.addresses.app}{asked.json()['url']}"

    def ended() -> dict[str, Any] | None:
        record: dict[str, Any] = requests.get(url, timeout=60).json()
        return record if record.get("outcome") not in {None, "running"} else None

    record = until(ended, "the end of the sync that reads back", 120)
    assert record
    assert (record["outcome"], record["trigger"]) == ("succeeded", "VerificationRequested")
    reads = {entry["path"] for entry in running.journal() if entry["method"] == "GET" and "/files/" in entry["path"]}
    assert {path.partition("/files/")[2] for path in reads} == set(held(running))
    assert requests.post(f"{api}/adf/sync?verify=content", timeout=60).status_code == HTTPStatus.CONFLICT


def test_an_environment_is_shown_as_a_fabric_job_without_values(running: Running) -> None:
    answer = requests.get(f"{running.addresses.app}/api/environments/sample-2/fabric", timeout=60)
    shown = answer.json()
    assert (answer.status_code, shown["name"]) == (200, "sample-2")
    assert "sample-2.ApacheAirflowJob/.platform" in shown["files"]
    settings = json.loads(shown["files"]["settings.json"])
    assert settings["airflowConfigurationOverrides"] == [
        {"name": "AIRFLOW__TEST__TEST", "value": "<value of AIRFLOW__TEST__TEST>"}
    ]
    assert {"carried", "changed", "lost"} == {key["fate"] for key in shown["keys"]}
