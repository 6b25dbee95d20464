import logging
import threading

import pytest

from local.host.server import is_not_of_our_requests

HERE = threading.main_thread().ident


@pytest.mark.parametrize(
    ("name", "level", "thread", "shown"),
    [
        ("azure.core.pipeline", logging.INFO, HERE, False),
        ("azure.core.pipeline", logging.WARNING, HERE, True),
        ("azure.core.pipeline", logging.INFO, 1, True),
        ("standin.queues", logging.INFO, HERE, True),
    ],
)
def test_of_the_log_only_the_hosts_own_requests_are_left_out(name: str, level: int, thread: int, shown: bool) -> None:  # noqa: FBT001 - a column
    record = logging.LogRecord(name, level, __file__, 1, "message", None, None)
    record.thread = thread
    assert is_not_of_our_requests(record) is shown
