"""Many routes on one stack: one folder for two environments, two folders for one environment."""

import itertools
import json
from collections.abc import Iterator

import pytest
import requests
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
        assert requests.put(url, json=SECOND, timeout=30).ok
        yield running


def imports_of(running: Running, environment: str, folder: str) -> list[dict[str, str]]:
    return [one for one in running.observer.imports() if (one["environment"], one["folder"]) == (environment, folder)]


def test_one_folder_feeds_two_environments_once_each(running: Running) -> None:
    running.upload("dags/a.py")
    until(lambda: imports_of(running, "sample-2", SHARED["folder"]), "the first environment's import", 60)
    until(lambda: imports_of(running, "second-environment", SHARED["folder"]), "the second environment's import", 60)
    running.wait_for(lambda seen: seen.settled, "calm")
    assert len(imports_of(running, "sample-2", SHARED["folder"])) == 1
    assert len(imports_of(running, "second-environment", SHARED["folder"])) == 1


def test_two_folders_of_one_environment_are_not_imported_at_once(running: Running) -> None:
    running.upload("dags/b.py")
    running.container.upload_blob("other/dags/b.py", b"x = 1\n")
    until(lambda: imports_of(running, "sample-2", "airflow-files/other"), "the other folder's import", 60)
    until(lambda: len(imports_of(running, "sample-2", SHARED["folder"])) == 2, "the folder's import", 60)
    times = sorted(
        (one["started_at"], one["finished_at"])
        for one in running.observer.imports()
        if one["environment"] == "sample-2"
    )
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(times))


def test_an_operator_sees_the_routes_and_asks_for_a_sync(running: Running) -> None:
    api = f"{running.addresses.app}/api/routes"
    assert [route["name"] for route in requests.get(api, timeout=10).json()["routes"]] == ["one", "two", "other-folder"]
    asked = requests.post(f"{api}/one/sync?force=true", timeout=10)
    assert asked.status_code == 202
    url = running.addresses.app + asked.headers["Location"]
    record = until(lambda: (found := requests.get(url, timeout=10)).ok and found.json(), "the record", 60)
    assert record
    assert (record["outcome"], record["trigger"]) == ("accepted", "Forced")
    newest = requests.get(f"{api}/one/syncs?limit=1", timeout=10).json()["syncs"][0]
    assert newest["sync_id"] == asked.json()["id"]
    assert requests.post(f"{api}/two/suspend", timeout=10).json()["suspendedSince"]


def test_an_app_that_keeps_its_promises_is_alive_and_ready(running: Running) -> None:
    assert requests.get(f"{running.addresses.app}/api/health", timeout=10).json() == {"status": "alive"}
    answer = requests.get(f"{running.addresses.app}/api/ready", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "troubles": []})


def test_a_poison_message_is_drained_into_a_record(running: Running) -> None:
    queue = QueueClient.from_connection_string(
        running.addresses.connection_string, "dag-relay-wake-ups-poison", message_encode_policy=TextBase64EncodePolicy()
    )
    with queue:
        queue.send_message(json.dumps({"route": "one"}))
    records = running.container_named("dag-relay")

    def poison() -> bool:
        names = records.list_blob_names(name_starts_with="records/one/")
        return any(json.loads(records.download_blob(name).readall())["outcome"] == "poison" for name in names)

    until(poison, "the record")
