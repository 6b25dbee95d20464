"""What an operator's OpenTelemetry SDK gets to see, in a process of its own, because its providers are global."""

import json
import subprocess
import sys
from typing import Any

import pytest

from local.app_settings import ROOT

# What the worker does at its start where an operator asks for it; then what the app does.
_RECORDING = """
import json, logging
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
metrics.set_meter_provider(MeterProvider([reader]))
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(spans))

from shared.telemetry.tracing import Trace
from shared.telemetry.tracing import continuing
from shared.telemetry.tracing import outgoing
from tests.unit.world import ROUTE, World

world = World()
world.wake_ups.notice(ROUTE)
world.worker.reconcile(ROUTE)
world.at(200, 180, content="v2")
world.worker.reconcile(ROUTE)

sent = []
with continuing(Trace.parse("00-" + "a" * 32 + "-" + "b" * 16 + "-01", "vendor=1")):
    for status in (503, 200, None):
        with outgoing("ARM airflow/sync", "POST") as step:
            sent.append(dict(step.headers))
            step.answered(status)

def points():
    for resource in reader.get_metrics_data().resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    value = getattr(point, "value", None)
                    yield [metric.name, metric.unit, dict(point.attributes), point.sum if value is None else value]

print(json.dumps({
    "points": list(points()),
    "sent": sent,
    "spans": [
        [format(span.context.span_id, "016x"), format(span.parent.span_id, "016x"), span.status.status_code.name,
         dict(span.attributes), span.name] for span in spans.get_finished_spans()
    ],
}))
"""

_NOT_RECORDING = """
import json, sys
from tests.unit.world import ROUTE, World
from shared.telemetry.tracing import Trace
from shared.telemetry.tracing import continuing
from shared.telemetry.tracing import outgoing

World().worker.reconcile(ROUTE)
with continuing(Trace.parse("00-" + "a" * 32 + "-" + "b" * 16 + "-01")), outgoing("ARM", "GET"):
    print(json.dumps([name for name in ("opentelemetry", "prometheus_client") if name in sys.modules]))
"""


def ran(program: str) -> Any:  # noqa: ANN401 - JSON
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    found: dict[str, Any] = ran(_RECORDING)
    return found


def test_an_sdk_gets_the_events_as_metrics(seen: dict[str, Any]) -> None:
    points = {(name, unit, *sorted(labels.items())): value for name, unit, labels, value in seen["points"]}
    assert points[("relay.syncs", "", ("outcome", "accepted"), ("route", "default"))] == 2
    assert points[("relay.sync", "s", ("route", "default"))] == 20
    assert points[("relay.notices", "", ("result", "armed"))] == 1
    assert points[("relay.pending", "s", ("route", "default"))] == 20


def test_each_call_is_a_span_below_the_invocation_and_its_header_names_it(seen: dict[str, Any]) -> None:
    assert [parent for _, parent, *_ in seen["spans"]] == ["b" * 16] * 3
    expected = [f"00-{'a' * 32}-{span}-01" for span, *_ in seen["spans"]]
    assert [headers["traceparent"] for headers in seen["sent"]] == expected
    assert {headers["tracestate"] for headers in seen["sent"]} == {"vendor=1"}


def test_a_span_tells_the_status_and_fails_with_the_call(seen: dict[str, Any]) -> None:
    told = [(status, attributes.get("http.response.status_code")) for *_, status, attributes, _ in seen["spans"]]
    assert told == [("ERROR", 503), ("UNSET", 200), ("ERROR", None)]
    assert {(name, attributes["http.request.method"]) for *_, attributes, name in seen["spans"]} == {
        ("ARM airflow/sync", "POST")
    }


def test_where_nothing_is_recorded_nothing_is_imported_for_it() -> None:
    assert ran(_NOT_RECORDING) == []
