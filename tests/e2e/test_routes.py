"""Many routes on one stack: one folder for two environments, two folders for one environment."""

import contextlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from tests.e2e.conftest import Running, running_stack
from tests.waiting import until

SHARED = {"linked_service": "AzureBlobStorage1", "folder": "airflow-files/airflow"}
ROUTES = [
    {"name": "one", "environment": "sample-2", **SHARED},
    {"name": "two", "environment": "second-environment", **SHARED},
    {**SHARED, "name": "other-folder", "environment": "sample-2", "folder": "airflow-files/other"},
]
SECOND = {"properties": {"type": "Airflow", "typeProperties": {}}}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    settings = {"RELAY_QUIET_SECONDS": "1", "RELAY_SETTLE_SECONDS": "1", "RELAY_ROUTES": json.dumps(ROUTES)}
    with running_stack(**settings) as (running, _):
        running.container.create_container()
        url = f"{running.addresses.app}/api/environments/second-environment"
        assert requests.put(url, json=SECOND, timeout=60).ok
        yield running


def imports_of(running: Running, environment: str, folder: str) -> list[dict[str, str]]:
    return [one for one in running.observer.imports() if (one["environment"], one["folder"]) == (environment, folder)]


def test_one_folder_feeds_two_environments_once_each(running: Running) -> None:
    running.upload("dags/a.py")
    until(lambda: imports_of(running, "sample-2", SHARED["folder"]), "the first environment's import")
    until(lambda: imports_of(running, "second-environment", SHARED["folder"]), "the second environment's import")
    running.wait_for(lambda seen: seen.settled, "calm")
    assert len(imports_of(running, "sample-2", SHARED["folder"])) == 1
    assert len(imports_of(running, "second-environment", SHARED["folder"])) == 1


def test_two_folders_of_one_environment_are_not_imported_at_once(running: Running) -> None:
    running.upload("dags/b.py")
    running.upload("dags/b.py", folder="other")
    until(lambda: imports_of(running, "sample-2", "airflow-files/other"), "the other folder's import")
    until(lambda: len(imports_of(running, "sample-2", SHARED["folder"])) == 2, "the folder's import")
    times = sorted(
        (one["started_at"], one["finished_at"])
        for one in running.observer.imports()
        if one["environment"] == "sample-2"
    )
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(times))


def test_an_operator_sees_the_routes_and_asks_for_a_sync(running: Running) -> None:
    api = f"{running.addresses.app}/api/routes"
    assert [route["name"] for route in requests.get(api, timeout=60).json()["value"]] == ["one", "two", "other-folder"]
    asked = requests.post(f"{api}/one/sync?force=true", timeout=60)
    assert asked.status_code == 202
    url = running.addresses.app + asked.headers["Location"]
    record = until(lambda: (found := requests.get(url, timeout=60)).ok and found.json(), "the record")
    assert record
    assert (record["outcome"], record["trigger"]) == ("accepted", "Forced")
    # The storage tells time in whole seconds, so a sync of the same second may stand before it.
    newest = requests.get(f"{api}/one/syncs?limit=2", timeout=60).json()["value"]
    assert asked.json()["syncId"] in {sync["syncId"] for sync in newest}
    assert requests.post(f"{api}/two/suspend", timeout=60).json()["suspendedSince"]


def test_an_app_that_keeps_its_promises_is_alive_and_ready(running: Running) -> None:
    assert requests.get(f"{running.addresses.app}/api/health", timeout=60).json() == {"status": "alive"}
    answer = requests.get(f"{running.addresses.app}/api/ready", timeout=60)
    ready = answer.json()
    assert (answer.status_code, ready["ready"], ready["troubles"]) == (200, True, [])
    first = ready["routes"][0]
    assert (first["name"], first["ready"], first["failuresInARow"]) == ("one", True, 0)
    assert 0 <= first["lastSyncAgeSeconds"] < 600


@pytest.mark.parametrize(
    "path", ["dags/ünï cödé.py", "airflow/dags/ünï cödé.py", "dags%2F%C3%BCn%C3%AF%20c%C3%B6d%C3%A9.py"]
)
def test_an_uploader_learns_with_which_sync_a_file_came_in(running: Running, path: str) -> None:
    running.upload("dags/ünï cödé.py")
    url = f"{running.addresses.app}/api/routes/one/files/{path}"

    def come_in() -> dict[str, Any] | None:
        found: dict[str, Any] = requests.get(url, timeout=60).json()
        return found if found["state"] == "synced" else None

    found = until(come_in, "the file's sync")
    assert found
    assert found["path"] == "airflow/dags/ünï cödé.py"
    record = requests.get(running.addresses.app + found["sync"]["url"], timeout=60).json()
    assert found["path"] in record["changes"]["added"]["first"]


@pytest.mark.parametrize(
    "path", ["dags%2F..%2F..%2Fx.py", "dags/%2E%2E%2Fx.py", "..%2F..%2Fdag-relay%2Froutes", "airflow/dags%2F%2Fx.py"]
)
def test_a_path_that_climbs_out_of_the_folder_or_has_an_empty_part_names_no_file_and_says_why(
    running: Running, path: str
) -> None:
    answer = requests.get(f"{running.addresses.app}/api/routes/one/files/{path}", timeout=60).json()
    assert (answer["state"], answer["sentence"].partition(":")[0]) == ("notImported", "this file is not imported")


def test_a_dry_run_says_what_a_sync_would_do_and_a_caller_can_wait_for_the_end_of_one(running: Running) -> None:
    running.wait_for(lambda seen: seen.settled, "calm")
    api = f"{running.addresses.app}/api/routes/one"
    calls = len(running.journal())
    plan = requests.post(f"{api}/sync?dryRun=true", timeout=60).json()
    assert (plan["wouldSend"], plan["decision"], plan["reason"]) == (False, "Skip", "Unchanged")
    forced = requests.post(f"{api}/sync?dryRun=true&force=true", timeout=60).json()
    assert (forced["wouldSend"], len(running.journal())) == (True, calls)
    asked = requests.post(f"{api}/sync?force=true", timeout=60).json()
    record = requests.get(f"{running.addresses.app}{asked['url']}?wait=50", timeout=60).json()
    assert (record["syncId"], record["outcome"]) == (asked["syncId"], "accepted")
    sent = next(call for call in reversed(running.journal()) if call["path"].endswith("/airflow/sync"))
    assert (sent["method"], sent["body"]) == (forced["request"]["method"], forced["request"]["body"])
    assert forced["request"]["path"].split("?")[0] == sent["path"]


def test_a_poison_message_is_drained_into_a_record(running: Running) -> None:
    queue = QueueClient.from_connection_string(
        running.addresses.connection_string, "dag-relay-wake-ups-poison", message_encode_policy=TextBase64EncodePolicy()
    )
    with queue:
        with contextlib.suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(json.dumps({"route": "one"}))
    records = running.container_named("dag-relay")

    def poison() -> bool:
        names = records.list_blob_names(name_starts_with="records/one/")
        return any(json.loads(records.download_blob(name).readall())["outcome"] == "poison" for name in names)

    until(poison, "the record")
