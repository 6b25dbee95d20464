"""What `/api/metrics` shows, read back as Prometheus reads it and checked as promtool checks it."""

import re
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ServiceRequestError
from prometheus_client.parser import text_string_to_metric_families

from shared.api.metrics import MetricsApi
from shared.errors import ServiceUnavailable
from shared.route import Route
from shared.telemetry import metrics
from shared.telemetry.catalogue import OF_ROUTES, Metric
from tests.unit.memory import NOON, make_route
from tests.unit.world import ROUTE, World

NAME = re.compile(r"relay_[a-z][a-z_]*[a-z]")
# promtool's list, the part that could come up here.
NO_BASE_UNITS = ("milliseconds", "minutes", "hours", "days", "kilobytes", "megabytes", "percent")


@pytest.fixture
def world() -> World:
    return World()


def text(world: World, *routes: Route) -> str:
    api = MetricsApi(routes or (ROUTE,), world.states)
    response = api.show(func.HttpRequest(method="GET", url="/api/metrics", body=b""))
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return response.get_body().decode()


def samples(shown: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = [sample for family in text_string_to_metric_families(shown) for sample in family.samples]
    series = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in found}
    assert len(series) == len(found), "a series comes twice"
    return series


def value(shown: str, name: str, **labels: str) -> float | None:
    return samples(shown).get((name, tuple(sorted(labels.items()))))


def lint(shown: str) -> list[str]:
    """Return what promtool's `check metrics` would object to."""
    problems = []
    for family in text_string_to_metric_families(shown):
        exposed = family.name + ("_total" if family.type == "counter" else "")
        kind = f"# TYPE {exposed} {family.type}"
        problems += [
            problem
            for problem, wrong in {
                f"{exposed}: no HELP": f"# HELP {exposed} {family.documentation}" not in shown.splitlines(),
                f"{exposed}: no TYPE, or a counter without _total": kind not in shown.splitlines(),
                f"{exposed}: help is empty": not family.documentation.strip(),
                f"{exposed}: not a name of ours": not NAME.fullmatch(exposed),
                f"{exposed}: _total, and no counter": family.type != "counter" and exposed.endswith("_total"),
                f"{exposed}: a suffix of histograms": exposed.endswith(("_count", "_sum", "_bucket", "_created")),
                f"{exposed}: no base unit": any(unit in exposed for unit in NO_BASE_UNITS),
                f"{exposed}: its type in its name": any(kind in exposed for kind in ("counter", "gauge", "histogram")),
            }.items()
            if wrong
        ]
    return problems


def test_every_metric_is_shown_and_nothing_else_and_promtool_has_no_objection(world: World) -> None:
    world.worker.reconcile(ROUTE)
    shown = text(world)
    assert lint(shown) == []
    names = {line.split()[2]: line.split()[3] for line in shown.splitlines() if line.startswith("# TYPE")}
    assert names == {metric.name: metric.kind for metric in OF_ROUTES}


def test_the_checks_find_what_promtool_would() -> None:
    gauge = "# TYPE relay_wait_minutes gauge\nrelay_wait_minutes 1\n"
    counter = "# HELP relay_x Some\n# TYPE relay_x counter\nrelay_x 1\n"
    assert lint(gauge + counter) == [
        "relay_wait_minutes: no HELP",
        "relay_wait_minutes: help is empty",
        "relay_wait_minutes: no base unit",
        "relay_x_total: no HELP",
        "relay_x_total: no TYPE, or a counter without _total",
    ]


def test_each_metric_has_the_labels_of_the_catalogue(world: World) -> None:
    world.at(200, 190)
    world.worker.reconcile(ROUTE)
    labels = {metric.name: set(metric.labels) for metric in OF_ROUTES}
    for name, pairs in samples(text(world)):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert {label for label, _ in pairs} - {"le"} == labels[base]


def test_a_route_tells_how_it_stands(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.answer = ServiceUnavailable("no answer", code="NoAnswer")
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    world.commands.suspend(ROUTE)
    world.clock.seconds = 250
    shown = text(world, ROUTE, make_route("other"))
    assert value(shown, "relay_syncs_total", route="default", outcome="accepted") == 1
    assert value(shown, "relay_syncs_total", route="default", outcome="failed") == 1
    assert value(shown, "relay_syncs_total", route="other", outcome="failed") == 0
    assert value(shown, "relay_pending_seconds", route="default") == 60
    assert value(shown, "relay_failures_in_a_row", route="default") == 1
    assert value(shown, "relay_suspended", route="default") == 1
    assert value(shown, "relay_suspended", route="other") == 0
    last = value(shown, "relay_last_sync_timestamp_seconds", route="default")
    assert last == (NOON + timedelta(seconds=100)).timestamp()
    assert value(shown, "relay_last_sync_timestamp_seconds", route="other") is None


def test_the_durations_are_a_histogram_that_prometheus_understands(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 180, content="v2")
    world.worker.reconcile(ROUTE)
    shown = text(world)
    assert value(shown, "relay_sync_seconds_count", route="default") == 2
    assert value(shown, "relay_sync_seconds_sum", route="default") == 20
    buckets = [count for (name, _), count in samples(shown).items() if name == "relay_sync_seconds_bucket"]
    assert buckets == sorted(buckets)
    assert (len(buckets), buckets[-1]) == (11, 2)


def test_every_instance_tells_the_same_of_a_route(world: World) -> None:
    world.worker.reconcile(ROUTE)
    of_one, of_another = (samples(text(world)) for _ in range(2))
    assert of_one == of_another


def test_a_state_of_an_older_version_is_shown(world: World) -> None:
    world.documents.write("routes/default.json", b'{"version": 1, "removed": 2}', None)
    shown = text(world)
    assert value(shown, "relay_removed_files", route="default") == 2
    assert value(shown, "relay_syncs_total", route="default", outcome="accepted") == 0


def test_kinds_of_quota_that_arm_invents_make_no_series(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Metric, float, str]] = []
    monkeypatch.setattr(metrics, "record", lambda *values: told.append(values))
    metrics.arm_left({"subscription-writes": 199, "evil-kind": 1, "subscription-global-reads": 7})
    assert [(value, kind) for _, value, kind in told] == [
        (199, "subscription-writes"),
        (7, "subscription-global-reads"),
    ]


def test_storage_that_does_not_answer_is_a_failed_scrape(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any) -> None:  # noqa: ANN401 - whatever is asked
        raise ServiceRequestError("no route to host")

    monkeypatch.setattr(world.states, "read_all", down)
    answer = MetricsApi((ROUTE,), world.states).show(func.HttpRequest(method="GET", url="/api/metrics", body=b""))
    assert answer.status_code == 503
