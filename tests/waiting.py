"""Waiting for what has to happen, instead of sleeping for as long as it might take."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, seconds: float = 90) -> Found:
    """Call `look` until it returns something true, and return that; fail after `seconds`."""
    give_up_at = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < give_up_at, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)
    return found
