"""Keeps listeners running while storage is away, and ends the host where Microsoft's ends."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable

from azure.core.exceptions import AzureError, HttpResponseError

from local.host.errors import HostEnds

_LOG = logging.getLogger("standin.listeners")
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 5.0
# So long the storage client of .NET goes on with its six tries; then the exception leaves the listener.
_LONGEST_OUTAGE = 24.0


class Outage:
    """One listener's view of whether its work is possible. Logs the begin and the end of an outage, once each."""

    def __init__(self, listener: str) -> None:
        self._listener = listener
        self._delay = 0.0
        self._began = 0.0

    @property
    def seconds(self) -> float:
        """How long the outage has lasted; 0 while there is none."""
        return time.monotonic() - self._began if self._delay else 0.0

    def failed(self, error: Exception) -> float:
        """Note a failure; return how many seconds to wait before the next try."""
        if not self._delay:
            self._began = time.monotonic()
            _LOG.warning("%s: %s; trying again until it works", self._listener, summary(error))
        self._delay = min(self._delay * 2 or _FIRST_DELAY, _LONGEST_DELAY)
        return self._delay

    def over(self) -> None:
        """Note that the work succeeds."""
        if self._delay:
            _LOG.info("%s: works again", self._listener)
        self._delay = 0.0


def unreachable(error: Exception) -> bool:
    """Tell whether storage did not answer, not even with an error."""
    return not isinstance(error, HttpResponseError)


def any_failure(_error: Exception) -> bool:
    """Tell that storage is away whatever it answers."""
    return True


async def keep_running(
    listener: str, work: Callable[[Outage], Awaitable[None]], is_fatal: Callable[[Exception], bool] | None = unreachable
) -> None:
    """Run `work` until this task is cancelled; `work` calls `over` whenever its storage has answered.

    Raises HostEnds when an outage by failures that are fatal lasts too long (`is_fatal` None: never), and what is no
    failure of storage.
    """
    outage = Outage(listener)
    while True:
        try:
            await work(outage)
        except (AzureError, OSError) as error:
            if is_fatal and is_fatal(error) and outage.seconds > _LONGEST_OUTAGE:
                raise HostEnds(f"{listener}: {summary(error)}") from error
            await asyncio.sleep(outage.failed(error))


def summary(error: Exception) -> str:
    """Return an error in one line; SDK errors go on with the request's details."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


async def all_of(listeners: Iterable[Coroutine[None, None, None]]) -> None:
    """Run listeners side by side until cancelled, or until one of them fails."""
    async with asyncio.TaskGroup() as group:
        for listener in listeners:
            group.create_task(listener)
