import logging
import threading

import pytest

from local.host.server import is_not_of_our_requests


@pytest.mark.parametrize(
    ("name", "level", "is_ours", "shown"),
    [
        ("azure.core.pipeline", logging.INFO, True, False),
        ("azure.core.pipeline", logging.WARNING, True, True),
        ("azure.core.pipeline", logging.INFO, False, True),
        ("standin.queues", logging.INFO, True, True),
    ],
)
def test_of_the_log_only_the_hosts_own_requests_are_left_out(
    name: str,
    level: int,
    is_ours: bool,  # noqa: FBT001 - a column
    shown: bool,  # noqa: FBT001 - a column
) -> None:
    record = logging.LogRecord(name, level, __file__, 1, "message", None, None)
    record.thread = threading.main_thread().ident if is_ours else 1
    assert is_not_of_our_requests(record) is shown
