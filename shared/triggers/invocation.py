"""The entry: what Azure says about an invocation is bound once, for all that it does."""

from collections.abc import Iterator
from contextlib import contextmanager

import azure.functions as func

from shared.telemetry.fields import bound
from shared.telemetry.tracing import Trace, continuing


@contextmanager
def invoked(context: func.Context) -> Iterator[None]:
    """Bind the invocation's id and function, and go on with the trace that it belongs to."""
    parts = context.trace_context
    trace = Trace.parse(parts.trace_parent, parts.trace_state)
    fields = bound(
        function=context.function_name, invocation_id=context.invocation_id, trace_id=trace.trace_id if trace else None
    )
    with fields, continuing(trace):
        yield
