"""What happens, told to OpenTelemetry: one function per event.

OpenTelemetry's API is used only if something else has imported it: a program that the operator configured, which
exports. As long as there is none, nothing would come of it. `/api/metrics` shows what the routes' states hold.
"""

import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from shared.telemetry.catalogue import (
    ARM_CALLS,
    ARM_QUOTA,
    ARM_RETRIES,
    IGNORED_MESSAGES,
    NOTICES,
    PENDING,
    REQUESTS,
    SYNC_SECONDS,
    SYNCS,
    Metric,
)

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

# ARM names the kinds in headers; only those that its documentation has become series.
_KIND = re.compile(r"(?:subscription|tenant)(?:-global)?-(?:reads|writes|deletes)")

ArmOutcome = Literal["ok", "refused", "unavailable", "no token"]


def noticed(result: Literal["armed", "covered", "asked"]) -> None:
    """A notice armed a wake-up, was covered by one on its way, or asked for one at once."""
    record(NOTICES, 1, result)


def arm_called(operation: str, outcome: ArmOutcome) -> None:
    """An ARM call ended; `operation` is one of those that the app makes."""
    record(ARM_CALLS, 1, operation, outcome)


def arm_retried(reason: str) -> None:
    """An ARM call is tried again after a status, or because no answer came."""
    record(ARM_RETRIES, 1, reason)


def arm_left(quota: Mapping[str, int]) -> None:
    """ARM said how many requests are left, by kind."""
    for kind, left in quota.items():
        if _KIND.fullmatch(kind):
            record(ARM_QUOTA, left, kind)


def answered(endpoint: str, status: int) -> None:
    """The app answered a request to one of its endpoints."""
    record(REQUESTS, 1, endpoint, str(status))


def sync_ended(route: str, outcome: str, seconds: float | None) -> None:
    """A sync ended, `seconds` after the oldest change it brought if it brought one; the route's state counts it too."""
    record(SYNCS, 1, route, outcome)
    if seconds is not None:
        record(SYNC_SECONDS, seconds, route)


def pending_seen(route: str, seconds: float) -> None:
    """A look at a folder found how old its oldest change is; the route's state tells that too."""
    record(PENDING, seconds, route)


def message_ignored() -> None:
    """A queue message was removed that names no route of the settings."""
    record(IGNORED_MESSAGES, 1)


def record(metric: Metric, value: float, *labels: str) -> None:
    """Hand a value to OpenTelemetry, if the process has it."""
    if "opentelemetry" not in sys.modules:
        return
    attributes = dict(zip(metric.labels, labels, strict=True))
    instrument = _instrument(metric)
    match metric.kind:
        case "counter":
            instrument.add(value, attributes)
        case "gauge":
            instrument.set(value, attributes)
        case "histogram":
            instrument.record(value, attributes)


@cache
def _instrument(metric: Metric) -> Any:  # noqa: ANN401 - three kinds that share no method
    from opentelemetry.metrics import get_meter

    meter: Meter = get_meter("dag-relay")
    make = {"counter": meter.create_counter, "gauge": meter.create_gauge, "histogram": meter.create_histogram}
    return make[metric.kind](metric.instrument, unit=metric.unit, description=metric.meaning)
