"""What happens, counted: one function per event, which feeds both this process's numbers and OpenTelemetry.

The numbers are what `/api/metrics` shows. OpenTelemetry's API is used only if somebody else has imported it: a program
that the operator configured, which exports; as long as there is none, nothing would come of it.
"""

import re
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from shared.telemetry.catalogue import (
    ARM_CALLS,
    ARM_QUOTA,
    ARM_RETRIES,
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

Series = tuple[str, ...]
ArmOutcome = Literal["ok", "refused", "unavailable", "no token"]


@dataclass(slots=True)
class Numbers:
    """The numbers of this process: for each metric, and for each combination of its labels' values."""

    _values: dict[Metric, dict[Series, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, metric: Metric, *labels: str) -> None:
        """Count one more."""
        with self._lock:
            self._values[metric][labels] += 1

    def put(self, metric: Metric, value: float, *labels: str) -> None:
        """Replace the value."""
        with self._lock:
            self._values[metric][labels] = value

    def of(self, metric: Metric) -> dict[Series, float]:
        """Return a metric's series as they are now."""
        with self._lock:
            return dict(self._values.get(metric, {}))


NUMBERS = Numbers()


def noticed(result: Literal["armed", "covered", "asked"]) -> None:
    """A notice armed a wake-up, was covered by one on its way, or asked for one at once."""
    _count(NOTICES, result)


def arm_called(operation: str, outcome: ArmOutcome) -> None:
    """A call of ARM ended; `operation` is one of those that the app makes."""
    _count(ARM_CALLS, operation, outcome)


def arm_retried(reason: str) -> None:
    """A call of ARM is tried again after a status, or because no answer came."""
    _count(ARM_RETRIES, reason)


def arm_left(quota: Mapping[str, int]) -> None:
    """ARM said how many requests are left, by kind."""
    for kind, left in quota.items():
        if _KIND.fullmatch(kind):
            NUMBERS.put(ARM_QUOTA, left, kind)
            _record(ARM_QUOTA, left, kind)


def answered(endpoint: str, status: int) -> None:
    """The app answered a request to one of its endpoints."""
    _count(REQUESTS, endpoint, str(status))


def sync_ended(route: str, outcome: str, seconds: float | None) -> None:
    """A sync ended, `seconds` after the oldest change it brought if it brought one; the route's state counts it too."""
    _record(SYNCS, 1, route, outcome)
    if seconds is not None:
        _record(SYNC_SECONDS, seconds, route)


def pending_seen(route: str, seconds: float) -> None:
    """A look at a folder found how old its oldest change is; the route's state tells that too."""
    _record(PENDING, seconds, route)


def _count(metric: Metric, *labels: str) -> None:
    NUMBERS.add(metric, *labels)
    _record(metric, 1, *labels)


def _record(metric: Metric, value: float, *labels: str) -> None:
    """Hand a value to OpenTelemetry, if anybody has it."""
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
