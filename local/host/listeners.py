"""Keeps a listener alive: whatever it raises is logged, and it starts again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable

from azure.core.exceptions import AzureError

_LOG = logging.getLogger("standin.listeners")
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 5.0


class Outage:
    """One listener's view of whether its work is possible. Logs the begin and the end of an outage, once each."""

    def __init__(self, listener: str) -> None:
        self._listener = listener
        self._delay = 0.0

    def failed(self, error: Exception) -> float:
        """Note a failure; return how many seconds to wait before the next try."""
        if not self._delay:
            unexpected = None if isinstance(error, AzureError | OSError) else error
            _LOG.warning("%s: %s; trying again until it works", self._listener, summary(error), exc_info=unexpected)
        self._delay = min(self._delay * 2 or _FIRST_DELAY, _LONGEST_DELAY)
        return self._delay

    def over(self) -> None:
        """Note that the work succeeds."""
        if self._delay:
            _LOG.info("%s: works again", self._listener)
        self._delay = 0.0


async def keep_running(listener: str, work: Callable[[Outage], Awaitable[None]]) -> None:
    """Run `work` until this task is cancelled; `work` calls `over` whenever its storage has answered."""
    outage = Outage(listener)
    while True:
        try:
            await work(outage)
        except Exception as error:  # noqa: BLE001 - a listener never dies silently
            await asyncio.sleep(outage.failed(error))


def summary(error: Exception) -> str:
    """Return an error in one line; SDK errors go on with the request's details."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


async def all_of(listeners: Iterable[Coroutine[None, None, None]]) -> None:
    """Run listeners side by side until cancelled."""
    async with asyncio.TaskGroup() as group:
        for listener in listeners:
            group.create_task(listener)
