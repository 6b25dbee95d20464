"""Runs functions: counts, logs, outputs, and what is still going on when the host stops."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass
from uuid import uuid4

from local.host import worker
from local.host.functions import Function
from local.host.listeners import summary
from local.host.protos import TypedData
from local.host.traces import TraceContext, begun
from local.host.worker import Outcome

_LOG = logging.getLogger("standin.invocations")
SendOutputs = Callable[[Function, Outcome, Mapping[str, TypedData]], Awaitable[None]]


@dataclass(slots=True)
class Count:
    """How often a function ran since the start."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0


class Invoker:
    """Runs functions of the app."""

    def __init__(self, send_outputs: SendOutputs) -> None:
        self._send_outputs = send_outputs
        self._counts: dict[str, Count] = defaultdict(Count)
        self._tasks: set[asyncio.Task[None]] = set()

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
        """Run a function once, then send its outputs; an output that fails makes the invocation fail.

        Without a `trace` to go on with, the invocation begins one.
        """
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
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_log_failure)
        return task

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
        outcome = await self._with_outputs_sent(function, outcome, metadata)
        milliseconds = (time.monotonic() - begin) * 1000
        if outcome.error is None:
            details = (function.name, invocation_id, milliseconds)
            _LOG.info("Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%.0fms)", *details)
        else:
            failure = (function.name, invocation_id, milliseconds, outcome.error, outcome.stack_trace)
            _LOG.error("Executed 'Functions.%s' (Failed, Id=%s, Duration=%.0fms): %s\n%s", *failure)
        return outcome

    async def _with_outputs_sent(
        self, function: Function, outcome: Outcome, metadata: Mapping[str, TypedData]
    ) -> Outcome:
        if outcome.error is not None or not function.outputs:
            return outcome
        try:
            await self._send_outputs(function, outcome, metadata)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the invocation failed
            return Outcome(None, {}, f"output binding: {summary(error)}", "")
        return outcome


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _LOG.error("work in the background failed: %s", type(error).__name__, exc_info=error)
