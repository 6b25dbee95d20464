"""Whether events arrive, asked by `dag-relay check-events` and told by the route, on the stack with Event Grid."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Running, running_stack
from tests.e2e.test_cli import Terminal
from tests.waiting import until

STEPS = ["write", "uploadEvent", "delete", "deletionEvent"]


class Stack:
    """A running stack, and the command line beside it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.storage = {"AZURE_STORAGE_CONNECTION_STRING": running.addresses.connection_string}
        self.terminal = Terminal(running.addresses.app, "")

    def check(self, *options: str) -> tuple[int, dict[str, bool]]:
        """Return the exit code of the check, and of each step whether it went well."""
        status, told = self.terminal.json("check-events", "--every", "0.2", *options, **self.storage)
        return status, {step["step"]: step["ok"] for step in told["steps"]}

    def route(self) -> Mapping[str, Any]:
        return dict(requests.get(f"{self.running.addresses.app}/api/routes/default", timeout=60).json())

    def arriving(self) -> str:
        return next(str(each["reason"]) for each in self.route()["conditions"] if each["type"] == "EventsArriving")

    def unannounced(self) -> int:
        lines = requests.get(f"{self.running.addresses.app}/api/metrics", timeout=60).text.splitlines()
        name = 'relay_unannounced_changes_total{route="default"} '
        return int(float(next(line.removeprefix(name) for line in lines if line.startswith(name))))

    def tell_of(self, name: str) -> None:
        """Post the event of an upload, as a subscription that was repaired would."""
        blob = self.running.container.get_blob_client(f"airflow/{name}").url
        event = {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": blob, "blobType": "BlockBlob"}}
        url = f"{self.running.addresses.app}/runtime/webhooks/blobs?functionName=Host.Functions.on_dag_blob"
        headers = {"aeg-event-type": "Notification"}
        requests.post(url, data=json.dumps([event]), headers=headers, timeout=60).raise_for_status()


@contextmanager
def event_grid(*options: str, **settings: str) -> Iterator[Stack]:
    with running_stack("--events", "eventgrid", *options, RELAY_QUIET_SECONDS="1", **settings) as (running, _):
        running.container.create_container()
        yield Stack(running)


def test_where_events_arrive_the_check_is_good_and_leaves_nothing_behind() -> None:
    with event_grid() as stack:
        assert stack.arriving() == "NoEventYet"
        before = stack.running.observer.look()
        assert stack.check() == (0, dict.fromkeys(STEPS, True))
        assert stack.arriving() == "Arriving"
        [check] = stack.route()["events"]["checks"]
        assert check["uploadedAt"] <= check["deletedAt"]
        assert list(stack.running.container.list_blob_names()) == []
        after = stack.running.observer.look()
        assert (after.armed, after.sync_calls) == (before.armed, before.sync_calls)

        told = stack.terminal.run("check-events", **stack.storage).stdout
        assert [line.split()[:2] for line in told.splitlines()] == [["ok", step] for step in STEPS]

        wrong = stack.running.addresses.connection_string.replace("AccountKey=", "AccountKey=AAAA")
        ran = stack.terminal.run("check-events", "--connection-string", wrong)
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
        assert ran.stderr.startswith("dag-relay: step write: storage: ")


def is_at_rest(route: Mapping[str, Any]) -> bool:
    """Whether a look that began after the last sync found nothing to do."""
    reconciling = next(each for each in route["conditions"] if each["type"] == "Reconciling")
    synced = route["synced"]
    return bool(synced and reconciling["status"] == "False" and route["lookedAt"] > synced["listedAt"])


def test_a_subscription_with_a_wrong_name_is_named_by_the_check_and_told_by_the_route() -> None:
    with event_grid(
        "--event-misname", "on_dag_blob", RELAY_SWEEP_SCHEDULE="*/2 * * * * *", RELAY_SETTLE_SECONDS="0"
    ) as stack:
        assert stack.check("--timeout", "2") == (1, {"write": True, "uploadEvent": False, "delete": True})
        assert list(stack.running.container.list_blob_names()) == []
        ran = stack.terminal.run("check-events", "--timeout", "1", **stack.storage)
        assert (ran.returncode, "Microsoft.Storage.BlobCreated" in ran.stdout) == (1, True)

        stack.running.upload("dags/first.py")
        for n in (1, 2):
            # What is uploaded while a sync may still read it is found by that sync's own second look.
            until(lambda: is_at_rest(stack.route()), "a look after the last sync")
            stack.running.upload(f"dags/unannounced_{n}.py")
            until(lambda n=n: stack.unannounced() == n, "the sweep counts it", 60)  # type: ignore[misc]
        assert stack.arriving() == "NotArriving"
        status = stack.terminal.run("status")
        assert (status.returncode, "NotArriving" in status.stdout) == (0, True)
        page = requests.get(f"{stack.running.addresses.app}/api/", timeout=60).text
        assert "EventsArriving: NotArriving" in page

        stack.tell_of("dags/first.py")
        until(lambda: stack.arriving() == "Arriving", "the first event")
        assert stack.unannounced() == 2


def test_a_missing_subscription_for_deletions_is_named() -> None:
    with event_grid("--event-misname", "on_blob_deleted") as stack:
        assert stack.check("--timeout", "10") == (1, dict.fromkeys(STEPS, True) | {"deletionEvent": False})


@pytest.mark.parametrize("option", ["--event-misname=on_dag_blob", "--event-faults=lose=1"])
def test_faults_of_events_are_refused_where_storage_is_polled(option: str) -> None:
    with pytest.raises(AssertionError, match="need --events eventgrid"), running_stack(option):
        pass
