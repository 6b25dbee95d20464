"""The stack in the shape that infra/ deploys: TLS, identity, two accounts, a process for each scale group."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest
import requests

from tests.e2e.conftest import Running, running_stack, started
from tests.e2e.environments import SPEC
from tests.hosts import QUICK_LOCKS
from tests.waiting import until

# Six hosts are started at once.
pytestmark = pytest.mark.timeout(900)

GROUPS = ["http", "blob", "on_blob_deleted", "on_poison", "on_sweep", "on_wake_up"]
REQUEST = re.compile(r'"([A-Z]+) (/dagfiles/[^ ?"]*)[^"]*"')


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[Running, psutil.Process]]:
    """A stack whose deletions no event announces, so that the sweep has to find them."""
    settings = {"RELAY_QUIET_SECONDS": "1", "RELAY_SWEEP_SCHEDULE": "*/5 * * * * *", **QUICK_LOCKS}
    with running_stack("--shape", "deployed", "--event-misname", "on_blob_deleted", **settings) as (running, process):
        running.container.create_container()
        yield running, process


@pytest.fixture
def running(stack: tuple[Running, psutil.Process]) -> Running:
    return stack[0]


def route(running: Running) -> dict[str, Any]:
    return running.observer.route()


def hosts(process: psutil.Process) -> list[psutil.Process]:
    """Return the host processes: those in which functions are disabled."""
    return [child for child in process.children() if any(name.endswith(".Disabled") for name in environment(child))]


def environment(process: psutil.Process) -> dict[str, str]:
    """Return the environment of a process; one that has ended has none."""
    try:
        return dict(process.environ())
    except (psutil.NoSuchProcess, psutil.ZombieProcess, ProcessLookupError):
        return {}


def upload(running: Running, path: str) -> None:
    running.upload(path)
    until(lambda: running.imports_file(path), f"the import of {path}", 120)


def test_each_scale_group_has_a_process_of_its_own(stack: tuple[Running, psutil.Process]) -> None:
    assert len(hosts(stack[1])) == len(GROUPS)


def test_no_key_is_in_the_settings_of_the_app_and_storage_speaks_tls(stack: tuple[Running, psutil.Process]) -> None:
    running, process = stack
    for host in hosts(process):
        environ = host.environ()
        assert "AzureWebJobsStorage" not in environ
        assert [name for name, value in environ.items() if "AccountKey" in value] == []
        assert environ["DagStorage__blobServiceUri"].startswith("https://")
    assert running.addresses.blob.startswith("https://")


def test_an_upload_is_imported(running: Running) -> None:
    upload(running, "dags/first.py")
    until(lambda: running.observer.runs.succeeded("on_dag_blob"), "the log of the blob function's run")


def test_an_environment_is_created(running: Running) -> None:
    answer = running.observer.put_environment("made-here", SPEC)
    assert answer.status_code in {200, 201}, answer.text
    shown = requests.get(f"{running.addresses.app}/api/environments/made-here", timeout=60)
    assert shown.status_code == 200


def test_the_sweep_finds_what_no_event_told(running: Running) -> None:
    upload(running, "dags/second.py")
    running.container.delete_blob("airflow/dags/second.py")
    until(lambda: route(running)["removed"] == 1, "the removed file is on the route", 120)
    assert running.observer.runs.succeeded("on_sweep") >= 1
    assert running.observer.runs.succeeded("on_blob_deleted") == 0


def test_all_processes_come_back_after_a_restart(stack: tuple[Running, psutil.Process]) -> None:
    running, process = stack
    running.wait_for(lambda seen: seen.settled, "that nothing is under way", 120)
    before = hosts(process)
    for each in [one for host in before for one in (host, *host.children(recursive=True))]:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    until(lambda: len({*hosts(process)} - {*before}) == len(GROUPS), "new processes")
    upload(running, "dags/third.py")


def test_nothing_was_written_into_the_account_of_the_dag_files_but_by_this_test(running: Running) -> None:
    found = REQUEST.findall(running.log.read_text())
    container = "/dagfiles/airflow-files"
    names = ["first", "second", "third"]
    by_this_test = {("PUT", container), ("DELETE", f"{container}/airflow/dags/second.py")}
    by_this_test |= {("PUT", f"{container}/airflow/dags/{name}.py") for name in names}
    assert {(method, path.rstrip("/")) for method, path in found if method not in {"GET", "HEAD"}} == by_this_test
    assert len([method for method, _ in found if method not in {"GET", "HEAD"}]) == len(by_this_test)
    assert any(method == "GET" for method, _ in found)
    assert {blob.name for blob in running.container.list_blobs()} == {
        "airflow/dags/first.py",
        "airflow/dags/third.py",
    }


def test_polling_is_refused() -> None:
    with started("--shape", "deployed", "--events", "polling") as process:
        _, log = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "the Flex Consumption plan does not poll" in log
