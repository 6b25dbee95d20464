"""W3C Trace Context: the trace that Azure began with an invocation goes on in the calls that the app makes.

Source: w3.org/TR/trace-context. Where a program that the operator configured records spans through OpenTelemetry's API,
each call is such a span; else the app is a participant that passes the trace on. The API is used only where it was
imported already: else nothing can record.
"""

import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_PARENT = re.compile(r"(?P<version>[0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?P<more>-.*)?")
_STATE = re.compile(r"[ -~]{1,512}")
_NONE = re.compile(r"0+")

_trace: ContextVar["Trace | None"] = ContextVar("trace", default=None)


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace, and where in it we are: `span_id` is the span that called us."""

    trace_id: str
    span_id: str
    flags: str
    state: str = ""

    @classmethod
    def parse(cls, traceparent: str | None, tracestate: str | None = None) -> Self | None:
        """Read the two headers; None where the first is missing or not valid, which also voids the second."""
        found = _PARENT.fullmatch(traceparent or "")
        if found is None or _NONE.fullmatch(found[2]) or _NONE.fullmatch(found[3]):
            return None
        # A later version may have more after the four parts, and is understood as far as they go; ff is none.
        if found["version"] == "ff" or (found["version"] == "00" and found["more"]):
            return None
        state = tracestate or ""
        return cls(found[2], found[3], found[4], state if _STATE.fullmatch(state) else "")

    def headers(self, span_id: str) -> dict[str, str]:
        """Return the headers of a call that is made under `span_id`."""
        parent = {"traceparent": f"00-{self.trace_id}-{span_id}-{self.flags}"}
        return parent | ({"tracestate": self.state} if self.state else {})


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call that is being made; `headers` go with it."""

    headers: Mapping[str, str]
    _span: "Span | None" = field(default=None, repr=False)

    def answered(self, status: int | None) -> None:
        """Note the status in the span, if there is one; None says that no answer came."""
        if self._span is None:
            return
        from opentelemetry.trace import StatusCode

        if status is not None:
            self._span.set_attribute("http.response.status_code", status)
        if status is None or status >= 400:  # noqa: PLR2004 - HTTP's errors, all of which fail a client's span
            self._span.set_status(StatusCode.ERROR)


@contextmanager
def continuing(trace: Trace | None) -> Iterator[None]:
    """Let calls that are made inside go on with this trace."""
    token = _trace.set(trace)
    try:
        with _attached(trace) if trace and _is_used() else nullcontext():
            yield
    finally:
        _trace.reset(token)


def current() -> Trace | None:
    """Return the trace that calls made now go on with."""
    return _trace.get()


@contextmanager
def outgoing(name: str, method: str) -> Iterator[Outgoing]:
    """Make a call: as a span where spans are recorded, else as a new step of the trace, if there is one."""
    if not _is_used():
        yield Outgoing(_passed_on())
        return
    from opentelemetry.trace import SpanKind, get_tracer
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    attributes = {"http.request.method": method}
    tracer = get_tracer("dag-relay")
    with tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes) as span:
        headers: dict[str, str] = {}
        if span.is_recording():
            TraceContextTextMapPropagator().inject(headers)
        yield Outgoing(headers or _passed_on(), span)


def _passed_on() -> dict[str, str]:
    trace = _trace.get()
    return trace.headers(secrets.token_hex(8)) if trace else {}


def _is_used() -> bool:
    return "opentelemetry" in sys.modules


@contextmanager
def _attached(trace: Trace) -> Iterator[None]:
    """Make the trace OpenTelemetry's current one; the worker does that too, but not in the thread that runs us."""
    from opentelemetry.context import attach, detach
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    token = attach(TraceContextTextMapPropagator().extract(trace.headers(trace.span_id)))
    try:
        yield
    finally:
        detach(token)
