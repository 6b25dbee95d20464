"""Runs functions: counts, logs, and what is still going on when the host stops."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass
from uuid import uuid4

from local.host import worker
from local.host.errors import HostEnds
from local.host.functions import Function
from local.host.protos import TypedData
from local.host.traces import TraceContext, begun
from local.host.worker import Outcome

_LOG = logging.getLogger("standin.invocations")


@dataclass(slots=True)
class Count:
    """How often a function ran since the start."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0


class Invoker:
    """Runs functions of the app."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = defaultdict(Count)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] | None = None

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counts by function."""
        return {name: asdict(count) for name, count in self._counts.items()}

    async def run(
        self,
        function: Function,
        value: TypedData,
        metadata: Mapping[str, TypedData],
        reason: str,
        trace: TraceContext | None = None,
    ) -> Outcome:
        """Run a function once. Without a `trace` to go on with, the invocation begins one."""
        count = self._counts[function.name]
        count.started += 1
        outcome = await self._run(function, value, metadata, reason, trace or begun())
        if outcome.error is None:
            count.succeeded += 1
        else:
            count.failed += 1
        return outcome

    def in_background(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start work that outlives the listener that found it, so that a stop can wait for it."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def until_ended(self) -> None:
        """Wait for background work that ends the host; raise its HostEnds."""
        self._ended = asyncio.get_running_loop().create_future()
        await self._ended

    async def drain(self, seconds: float) -> None:
        """Wait for the background work, so long."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()

    def is_idle(self) -> bool:
        """Tell whether every function that was started has ended."""
        return all(count.started == count.succeeded + count.failed for count in self._counts.values())

    async def _run(
        self, function: Function, value: TypedData, metadata: Mapping[str, TypedData], reason: str, trace: TraceContext
    ) -> Outcome:
        invocation_id, begin = str(uuid4()), time.monotonic()
        _LOG.info("Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, reason, invocation_id)
        inputs = {function.parameter: value}
        outcome = await worker.invoke(function.function_id, inputs, metadata, invocation_id, trace)
        milliseconds = (time.monotonic() - begin) * 1000
        if outcome.error is None:
            details = (function.name, invocation_id, milliseconds)
            _LOG.info("Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%.0fms)", *details)
        else:
            failure = (function.name, invocation_id, milliseconds, outcome.error, outcome.stack_trace)
            _LOG.error("Executed 'Functions.%s' (Failed, Id=%s, Duration=%.0fms): %s\n%s", *failure)
        return outcome

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or not (error := task.exception()):
            return
        if isinstance(error, HostEnds) and self._ended and not self._ended.done():
            self._ended.set_exception(error)
        else:
            _LOG.error("work in the background failed: %s", type(error).__name__, exc_info=error)
