import base64
import socket
from datetime import timedelta

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.storage.queue import QueueServiceClient

from shared.storage.names import StorageNames
from shared.storage.queues import StorageRouteQueue
from shared.triggers.messages import route_name_of
from tests.waiting import until


def test_a_wake_up_stays_invisible_until_it_is_due(queues: QueueServiceClient) -> None:
    due = StorageRouteQueue(lambda: queues, StorageNames().wake_ups).send("default", timedelta(seconds=1))
    queue = queues.get_queue_client(StorageNames().wake_ups)
    message = until(queue.receive_message, "the wake-up")
    assert message
    assert message.inserted_on
    assert due - message.inserted_on == timedelta(seconds=1)


def test_a_wake_up_is_what_the_queue_trigger_decodes(queues: QueueServiceClient) -> None:
    StorageRouteQueue(lambda: queues, StorageNames().wake_ups).send("default", timedelta(0))
    message = queues.get_queue_client(StorageNames().wake_ups).receive_message()
    assert message is not None
    assert route_name_of(base64.b64decode(message.content)) == "default"


def test_a_message_of_a_stranger_names_no_route() -> None:
    strangers = [b"", b"{", b"[]", b"{}", b'"default"', b"\xff"]
    assert [route_name_of(message) for message in strangers] == [None] * len(strangers)


def test_a_caller_that_must_not_wait_asks_a_queue_that_hangs_once_and_not_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        account = f"http://127.0.0.1:{hangs.getsockname()[1]}/account"
        with QueueServiceClient(account, credential="a2V5", read_timeout=60, retry_total=3) as service:
            impatient = StorageRouteQueue(
                lambda: service, "wake-ups", connection_timeout=5, read_timeout=0.2, retry_total=0
            )
            with pytest.raises(ServiceResponseError):
                impatient.send("default", timedelta(0))
        hangs.accept()[0].close()
        hangs.setblocking(False)  # noqa: FBT003 - the standard library's parameter
        with pytest.raises(BlockingIOError):
            hangs.accept()
