"""The trace of an invocation, W3C Trace Context: a caller's goes on, everything else begins one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

_PARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """What the worker is told: the host's own span is the parent of all that the function does."""

    traceparent: str
    tracestate: str = ""


def begun() -> TraceContext:
    """Return a new trace, which is not sampled."""
    return TraceContext(f"00-{token_hex(16)}-{token_hex(8)}-00")


def continued(headers: Mapping[str, str]) -> TraceContext:
    """Return the next step of the trace in a request's headers, as ASP.NET Core makes it, or a new trace."""
    found = _PARENT.fullmatch(headers.get("traceparent", ""))
    if found is None:
        return begun()
    return TraceContext(f"00-{found[1]}-{token_hex(8)}-{found[2]}", headers.get("tracestate", ""))
