"""The entry: what Azure says about an invocation is bound once, for all that it does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import azure.functions as func

from shared.telemetry.fields import bound
from shared.telemetry.tracing import Trace, continuing


class Running:
    """The invocations that run in this process, so that what can wait takes no time from them."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count an invocation while it runs."""
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def wait_for_none(self) -> None:
        """Return when no invocation runs."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0)

    def _add(self, invocations: int) -> None:
        with self._changed:
            self._count += invocations
            self._changed.notify_all()


running = Running()


@contextmanager
def invoked(context: func.Context) -> Iterator[None]:
    """Bind the invocation's id and function, and go on with the trace that it belongs to."""
    parts = context.trace_context
    trace = Trace.parse(parts.trace_parent, parts.trace_state)
    fields = bound(
        function=context.function_name, invocation_id=context.invocation_id, trace_id=trace.trace_id if trace else None
    )
    with running.one_more(), fields, continuing(trace):
        yield
