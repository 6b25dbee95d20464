"""The app's clock and storage's are an hour apart: syncs are on time, each change makes one, ages are right.

Storage's clock is the one that is moved: the app sees the same difference, and no host has to be changed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import Running, running_stack

CLOCK = Path(__file__).with_name("shifted_clock.js")
HOUR_S = 3600
POST_S = 5


@pytest.fixture(scope="module", params=[HOUR_S, -HOUR_S], ids=["app behind", "app ahead"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    clock = {"NODE_OPTIONS": f"--require {CLOCK}", "CLOCK_SHIFT_S": str(request.param)}
    with running_stack(RELAY_QUIET_SECONDS="1", **clock) as (running, _):
        running.container.create_container()
        created = running.container.get_container_properties().last_modified
        assert abs((created - datetime.now(UTC)).total_seconds() - request.param) < HOUR_S / 2
        yield running


@pytest.mark.parametrize("name", ["dags/first.py", "dags/second.py"])
def test_an_upload_is_synced_once(running: Running, name: str) -> None:
    before = running.observer.look()
    running.upload(name)
    after = running.settle(before)
    assert len(after.sync_calls) == len(before.sync_calls) + 1
    running.wait_for(lambda _: running.imports_file(name), "the import")


def test_the_status_tells_times_of_storages_clock(running: Running) -> None:
    before = running.observer.look()
    running.upload("dags/told.py")
    running.settle(before)
    route = running.observer.route()
    assert route["pendingSince"] is None
    assert {one["type"]: one["status"] for one in route["conditions"]}["Ready"] == "True"
    page = requests.get(f"{running.addresses.app}/api/", timeout=60).text
    assert "just now" in page
    assert "hour ago" not in page


def test_a_second_worker_waits_until_the_first_ones_post_has_ended(running: Running) -> None:
    before = len(running.observer.look().sync_calls)
    running.fault({"path_contains": "airflow/sync"}, {"delay_s": POST_S})
    running.upload("dags/first_writer.py")
    running.wait_for(lambda seen: len(seen.sync_calls) > before, "the first POST")
    running.upload("dags/second_writer.py")
    running.observer.ask_for_sync()
    seen = running.wait_for(lambda seen: len(seen.sync_calls) > before + 1 and seen.settled, "the second POST")
    first, second = seen.sync_calls[before:]
    assert (second - first).total_seconds() >= POST_S
