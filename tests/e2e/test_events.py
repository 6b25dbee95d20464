"""The stack with Event Grid instead of polling; the first one's sweep never comes, so that only events are at work."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import requests

from local.events.faults import Faults
from tests.e2e.conftest import DAG, Running, running_stack
from tests.waiting import until

NEVER = "0 0 0 1 1 *"
FAULTS, SEED = "duplicate=0.5,reorder=0.5", 7
TOPIC = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/devstoreaccount1"
GONE = {
    "id": "1",
    "topic": TOPIC,
    "eventType": "Microsoft.Storage.BlobDeleted",
    "eventTime": "2026-01-01T00:00:00Z",
    "subject": "/blobServices/default/containers/airflow-files/blobs/airflow/dags/file_0.py",
    "data": {"api": "DeleteBlob"},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    options = ["--events", "eventgrid", "--event-faults", FAULTS, "--event-seed", str(SEED)]
    with running_stack(*options, RELAY_QUIET_SECONDS="1", RELAY_SWEEP_SCHEDULE=NEVER) as (running, _):
        running.container.create_container()
        yield running


def route(running: Running) -> dict[str, Any]:
    answer = requests.get(f"{running.addresses.app}/api/routes/default", timeout=60)
    return dict(answer.json())


def post(running: Running, *events: object) -> int:
    """Post events as Event Grid would."""
    return requests.post(
        f"{running.addresses.app}/runtime/webhooks/eventgrid?functionName=on_blob_deleted",
        data=json.dumps(events),
        headers={"aeg-event-type": "Notification"},
        timeout=60,
    ).status_code


def deletions(running: Running) -> int:
    """Return how often the function for deletions has run, and succeeded."""
    return running.observer.runs.succeeded("on_blob_deleted")


def test_a_burst_whose_events_come_twice_and_out_of_order_becomes_one_sync(running: Running) -> None:
    random = Random(SEED)  # noqa: S311 - the one that the stack draws from
    deliveries = sum(len(Faults.parse(FAULTS).delays(random)) for _ in range(20))
    assert deliveries > 20
    running.upload_burst({f"dags/file_{n}.py": DAG for n in range(20)})
    seen = running.wait_for(lambda seen: seen.trigger_runs >= deliveries and seen.settled, "all events")
    assert len(seen.sync_calls) == 1


def test_a_deletion_is_noticed_without_a_sweep(running: Running) -> None:
    before = running.observer.look()
    running.container.delete_blob("airflow/dags/file_0.py")
    until(lambda: route(running)["removed"] == 1, "the removed file is on the route")
    assert len(running.observer.look().sync_calls) == len(before.sync_calls) + 1


def test_an_event_that_is_replayed_1000_times_leads_to_no_further_sync(running: Running) -> None:
    before, ran = running.observer.look(), deletions(running)
    assert {post(running, *[GONE] * 100) for _ in range(10)} == {202}
    until(lambda: deletions(running) >= ran + 1000, "the log of all runs")
    after = running.settle(before)
    assert after.sync_calls == before.sync_calls


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"subject": 5, "data": "no object"},
        GONE | {"eventType": "Microsoft.Storage.BlobTierChanged"},
        GONE | {"subject": GONE["subject"].replace("airflow-files", "other-files")},  # type: ignore[attr-defined]
        GONE | {"topic": TOPIC.replace("devstoreaccount1", "stranger")},
    ],
)
def test_an_event_that_is_malformed_or_not_ours_is_taken_and_ignored(running: Running, event: dict[str, Any]) -> None:
    before = running.observer.look()
    assert post(running, event) == 202
    after = running.observer.look()
    assert (after.armed, after.wake_ups) == (0, before.wake_ups)


def test_what_lost_events_did_not_tell_the_sweep_finds() -> None:
    options = ["--events", "eventgrid", "--event-faults", "lose=1"]
    with running_stack(*options, RELAY_QUIET_SECONDS="1", RELAY_SWEEP_SCHEDULE="*/2 * * * * *") as (running, _):
        running.container.create_container()
        running.upload("dags/a.py")
        running.upload("dags/b.py")
        running.wait_for(lambda seen: len(seen.sync_calls) == 1, "the sync")
        running.container.delete_blob("airflow/dags/a.py")
        until(lambda: route(running)["removed"] == 1, "the removed file is on the route")
        assert running.observer.look().trigger_runs == deletions(running) == 0
