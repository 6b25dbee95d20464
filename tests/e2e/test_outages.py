"""Parts that are not there yet, go away, and come back: the upload is synced all the same."""

import signal

import psutil
import pytest
import requests
from azure.core.exceptions import AzureError

from tests.e2e.conftest import Parts, Running, running_stack
from tests.hosts import QUICK_LOCKS
from tests.waiting import until


def test_an_app_that_started_before_its_storage_syncs_what_is_uploaded_once_there_is_one(parts: Parts) -> None:
    parts.start_arm()
    parts.start_app(wait=False)
    parts.start_storage()
    running = parts.running()
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for(lambda seen: seen.imports == 1, "the import")
    assert running.imported() == {"dags/a.py": 6}


def test_an_upload_while_arm_is_down_is_synced_when_it_is_back(parts: Parts) -> None:
    parts.start_storage()
    app = parts.start_app()
    running = parts.running()
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for_wake_up()
    parts.start_arm()
    running.wait_for(lambda seen: seen.imports == 1, "the import")
    assert running.imported() == {"dags/a.py": 6}
    assert app.child.exit_code is None


def test_an_upload_after_storage_went_away_and_came_back_is_synced(parts: Parts) -> None:
    storage = parts.start_storage()
    parts.start_arm()
    app = parts.start_app()
    running = parts.running()
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for(lambda seen: seen.imports == 1, "the first import")
    storage.stop()
    assert fails(running)
    parts.start_storage()
    running.upload("dags/b.py")
    running.wait_for(lambda _: "dags/b.py" in running.imported(), "the import of the second file")
    assert app.child.exit_code is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_host_that_ends_is_started_again_and_an_upload_in_between_is_synced(number: signal.Signals) -> None:
    settings = {"RELAY_QUIET_SECONDS": "1", "RELAY_SWEEP_SCHEDULE": "*/5 * * * * *", **QUICK_LOCKS}
    with running_stack("--events", "eventgrid", **settings) as (running, supervisor):
        running.container.create_container()
        host = next(child for child in supervisor.children() if listens_on(child, running.addresses.app))
        host.send_signal(number)
        host.wait(60)
        running.upload("dags/a.py")
        until(lambda: answers(f"{running.addresses.app}/api/health"), "the host is back", 120)
        running.wait_for(lambda _: running.imports_file("dags/a.py"), "the import", 120)


def listens_on(process: psutil.Process, url: str) -> bool:
    return any(f":{one.laddr.port}" in url for one in process.net_connections() if one.status == psutil.CONN_LISTEN)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=60).ok
    except requests.RequestException:
        return False


def fails(running: Running) -> bool:
    try:
        running.container.get_container_properties(retry_total=0)
    except AzureError:
        return True
    return False
