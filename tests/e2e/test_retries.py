"""What the queue does with a wake-up that fails, with the host.json that is deployed."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
import requests
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from tests.e2e.conftest import Parts, Running
from tests.e2e.refusing_storage import RefusingStorage, refusing_storage
from tests.waiting import until

OUTAGE_S = 10
WAKE_UPS = "dag-relay-wake-ups"
NOT_READABLE = ["//4A", "7aCA", "plain text!", '{"route": "default"', "eyJyb3V0ZSI6IDV9"]


@pytest.fixture
def refusing(parts: Parts) -> Iterator[RefusingStorage]:
    """Start the parts with the app's blobs behind an address that can refuse."""
    parts.start_storage()
    with refusing_storage(parts.azurite.port, "dag-relay") as storage:
        text = parts.addresses.connection_string.replace(f":{parts.azurite.port}/", f":{storage.port}/", 1)
        parts.addresses = replace(parts.addresses, connection_string=text)
        parts.start_arm()
        parts.start_app()
        yield storage


def queue(parts: Parts, name: str, *, encoded: bool = True) -> QueueClient:
    policy = TextBase64EncodePolicy() if encoded else None
    return QueueClient.from_connection_string(parts.addresses.connection_string, name, message_encode_policy=policy)


def create(client: QueueClient) -> None:
    with suppress(ResourceExistsError):
        client.create_queue()


def messages(parts: Parts, name: str) -> int:
    """Return how many messages a queue holds, hidden ones included."""
    with queue(parts, name) as client:
        try:
            return client.get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0


def runs(parts: Parts, outcome: str) -> int:
    counts = requests.get(f"{parts.addresses.app}/_standin/invocations", timeout=60).json()
    return int(counts.get("on_wake_up", {}).get(outcome, 0))


def test_a_storage_outage_of_ten_seconds_leaves_nothing_in_the_poison_queue(
    parts: Parts, refusing: RefusingStorage
) -> None:
    running = Running(parts.addresses, parts.log)
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for(lambda seen: seen.imports == 1 and seen.settled, "the first sync")
    refusing.refusing.set()
    with queue(parts, WAKE_UPS) as wake_ups:
        wake_ups.send_message(json.dumps({"route": "default"}))
    until(lambda: runs(parts, "failed"), "a try that fails")
    over = time.monotonic() + OUTAGE_S
    until(lambda: time.monotonic() > over, "the end of the outage")
    succeeded = runs(parts, "succeeded")
    refusing.refusing.clear()
    until(lambda: runs(parts, "succeeded") > succeeded and messages(parts, WAKE_UPS) == 0, "a try that succeeds")
    assert messages(parts, f"{WAKE_UPS}-poison") == 0


def test_unreadable_messages_are_removed_from_both_queues(parts: Parts) -> None:
    parts.start_storage()
    parts.start_app()
    for name in (WAKE_UPS, f"{WAKE_UPS}-poison"):
        with queue(parts, name, encoded=False) as raw:
            create(raw)
            for text in NOT_READABLE:
                raw.send_message(text)
    until(lambda: messages(parts, WAKE_UPS) == messages(parts, f"{WAKE_UPS}-poison") == 0, "empty queues")
    assert runs(parts, "failed") == 0
