"""Waiting for what has to happen, instead of sleeping for as long as it might take."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, seconds: float = 90) -> Found:
    """Call `look` until it returns something true, and return that; fail after `seconds`."""
    found = last_of(look, bool, seconds)
    assert found, f"{what}: not within {seconds:.0f} s"
    return found


def until_the_next_second() -> None:
    """Wait so that a host that polls cannot miss the next blob.

    It compares whole seconds, and misses a blob of the second of one that it has just listed (local/host/blob_scan.py).
    """
    now = int(time.time())
    until(lambda: int(time.time()) > now, "the next second")


def last_of(look: Callable[[], Found], is_over: Callable[[Found], bool], seconds: float) -> Found:
    """Call `look` until the wait is over by what it returns, for no longer than `seconds`; return the last of it."""
    give_up_at = time.monotonic() + seconds
    while not is_over(found := look()) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return found
