"""More routes than an environment variable holds, from a blob, on the whole stack."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.e2e.conftest import CONTAINER, Running, running_stack

ROUTES = [
    {
        "name": f"team-{n}",
        "environment": "sample-2",
        "linked_service": "AzureBlobStorage1",
        "folder": f"{CONTAINER}/department-of-team-{n}/airflow",
    }
    for n in range(1000)
]
LARGEST_VARIABLE = 128 * 1024


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("routes") / "routes.json"
    file.write_text(json.dumps(ROUTES))
    with running_stack("--routes", str(file), RELAY_QUIET_SECONDS="1", RELAY_SETTLE_SECONDS="1") as (running, _):
        running.container.create_container()
        yield running


def test_the_routes_come_from_the_blob(running: Running) -> None:
    assert len(json.dumps(ROUTES)) > LARGEST_VARIABLE
    shown = requests.get(f"{running.addresses.app}/api/routes", timeout=60).json()["value"]
    assert [route["name"] for route in shown] == [route["name"] for route in ROUTES]


def test_an_upload_for_one_of_them_is_imported(running: Running) -> None:
    running.container.upload_blob("department-of-team-777/airflow/dags/a.py", b"x = 1\n")
    running.wait_for(lambda seen: seen.imports > 0, "the import")
    assert {each["folder"] for each in running.observer.imports()} == {ROUTES[777]["folder"]}
