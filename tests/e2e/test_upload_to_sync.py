"""From an upload to an import, on the whole stack with a quiet window of one second."""

from collections.abc import Iterator

import psutil
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from local.demo.observe import Seen
from tests import hosts
from tests.e2e.conftest import DAG, Running, running_stack

MB = 1024 * 1024
ODD_NAMES = [
    "dags/with space.py",
    "dags/ünïcödé-数据.py",
    "dags/hash#mark?.py",
    "dags/100%25 100%.py",
    "dags/" + "x" * (1024 - len("airflow/dags/.py")) + ".py",
    "PLUGINS/any_case.py",
    "Requirements.txt",
]


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[Running, psutil.Process]]:
    with running_stack(RELAY_QUIET_SECONDS="1") as (running, supervisor):
        running.container.create_container()
        yield running, supervisor


@pytest.fixture
def running(stack: tuple[Running, psutil.Process]) -> Running:
    return stack[0]


@pytest.fixture
def supervisor(stack: tuple[Running, psutil.Process]) -> psutil.Process:
    return stack[1]


def test_a_burst_becomes_one_sync_that_imports_every_file(running: Running) -> None:
    names = [f"dags/burst_{n}.py" for n in range(40)]
    assert sync_calls_after(running, *names) == 1
    assert set(names) <= running.imported().keys()


def test_a_sync_sends_the_six_keys_of_the_seed_and_the_routes_folder(running: Running) -> None:
    assert sync_calls_after(running, "dags/six_keys.py") == 1
    call = running.journal()[-1]
    assert (call["method"], call["query"]) == ("POST", {"api-version": "2018-06-01"})
    assert call["body"] == {
        "IntegrationRuntimeName": "sample-2",
        "LinkedServiceName": "AzureBlobStorage1",
        "StorageFolderPath": "airflow-files/airflow",
        "Overwrite": True,
        "CopyFolderStructure": True,
        "AddRequirementsFromFile": True,
    }


def test_a_sync_shows_in_the_metrics_and_its_calls_under_one_correlation_id(running: Running) -> None:
    before = accepted(running)
    assert sync_calls_after(running, "dags/measured.py") == 1
    assert accepted(running) == before + 1
    got, posted = (call["headers"] for call in running.journal()[-2:])
    assert got["x-ms-correlation-request-id"] == posted["x-ms-correlation-request-id"]


def test_the_calls_of_a_sync_carry_the_trace_of_the_wake_up(running: Running) -> None:
    assert sync_calls_after(running, "dags/traced.py") == 1
    got, posted = (call["headers"] for call in running.journal()[-2:])
    hosts.skip_without_traces(got)
    assert got["traceparent"].split("-")[1] == posted["traceparent"].split("-")[1]
    assert got["traceparent"] != posted["traceparent"]


def test_the_same_bytes_again_make_no_sync_and_other_bytes_make_one(running: Running) -> None:
    assert sync_calls_after(running, "dags/again.py") == 1
    assert sync_calls_after(running, "dags/again.py") == 0
    assert sync_calls_after(running, "dags/again.py", content=b"x = 2\n") == 1


def test_files_with_odd_names_and_empty_ones_are_synced(running: Running) -> None:
    assert sync_calls_after(running, *ODD_NAMES, content=b"odd") == 1
    assert sync_calls_after(running, "dags/empty/__init__.py", content=b"") == 1
    assert {*ODD_NAMES, "dags/empty/__init__.py"} <= running.imported().keys()


def test_blobs_that_adf_would_not_import_are_no_changes(running: Running) -> None:
    before = running.observer.look()
    for name in ("readme.md", "dags/draft.py~", "dags/__pycache__/a.pyc", "data/table.csv"):
        running.upload(name)
    running.upload("dags/a.py", folder="elsewhere")
    after = running.wait_for(lambda seen: seen.trigger_runs == before.trigger_runs + 5, "the triggers' runs")
    assert (after.armed, after.wake_ups) == (0, before.wake_ups)


def test_a_blob_of_300_mb_is_synced_without_travelling_through_the_worker(
    running: Running, supervisor: psutil.Process
) -> None:
    assert sync_calls_after(running, "dags/warm_up.py") == 1
    app = app_processes(supervisor)
    before, earlier = running.observer.look(), memory(app)
    most = earlier

    def is_imported(seen: Seen) -> bool:
        nonlocal most
        most = max(most, memory(app))
        return running.imports_file("plugins/large.whl") and seen.settled

    running.upload("plugins/large.whl", bytes(300 * MB))
    after = running.wait_for(is_imported, "the import")
    assert len(after.sync_calls) == len(before.sync_calls) + 1
    # A host may well take some memory of its own meanwhile.
    assert most - earlier < 150 * MB
    assert running.imported()["plugins/large.whl"] == 300 * MB


def app_processes(supervisor: psutil.Process) -> list[psutil.Process]:
    """Return the host's process, and the worker's where that is another one."""
    others = ("azurite", "arm")
    hosts = [child for child in supervisor.children() if not any(part.endswith(others) for part in names(child))]
    return [process for host in hosts for process in (host, *host.children(recursive=True))]


def names(process: psutil.Process) -> list[str]:
    return [part.removesuffix(".js") for part in process.cmdline()]


def test_a_burst_of_500_files_is_imported_whole_by_a_host_that_goes_on(running: Running) -> None:
    many = {f"dags/many_{n}.py" for n in range(500)}
    running.upload_burst(dict.fromkeys(sorted(many), DAG))
    running.wait_for(lambda _: many <= running.imported().keys(), "the import of all files", 120)
    running.upload("dags/after_many.py", DAG)
    running.wait_for(lambda _: running.imports_file("dags/after_many.py"), "the next import", 120)


def memory(processes: list[psutil.Process]) -> int:
    return sum(process.memory_info().rss for process in processes)


def accepted(running: Running) -> float:
    """Return how many syncs the app says that ADF accepted."""
    shown = requests.get(f"{running.addresses.app}/api/metrics", timeout=60)
    samples = [one for family in text_string_to_metric_families(shown.text) for one in family.samples]
    (found,) = (
        one.value
        for one in samples
        if one.name == "relay_syncs_total" and one.labels == {"route": "default", "outcome": "accepted"}
    )
    return found


def sync_calls_after(running: Running, *names: str, content: bytes = DAG) -> int:
    """Upload the files, wait until that has been dealt with, return how many sync calls it took."""
    before = running.observer.look()
    running.upload_burst(dict.fromkeys(names, content))
    after = running.settle(before)
    running.wait_for(lambda seen: seen.imports == len(seen.sync_calls), "the import's end")
    return len(after.sync_calls) - len(before.sync_calls)
