"""`/api/metrics`: the numbers in Prometheus' text format.

All of them come from storage and are the same whichever process answers: behind the app's one address every scrape may
meet another one, and on the Flex Consumption plan never one that syncs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric as Family

from shared.api.response import answering
from shared.route import Route
from shared.sync.state import pending_seconds
from shared.sync.store import LoadedState, RouteStates
from shared.sync.tally import OUTCOMES
from shared.sync.transitions import failures_in_a_row
from shared.telemetry import catalogue
from shared.telemetry.catalogue import Metric


@dataclass(frozen=True, slots=True)
class MetricsApi:
    """Answers with all metrics. Storage that does not answer makes it a 503, which a scraper counts as down."""

    routes: Sequence[Route]
    states: RouteStates

    @answering
    def show(self, _request: func.HttpRequest) -> func.HttpResponse:
        """All metrics."""
        text = generate_latest(_Families(tuple(self._families())))
        return func.HttpResponse(text, status_code=HTTPStatus.OK, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    def _families(self) -> Iterator[Family]:
        loaded = self.states.read_all(self.routes)
        for metric in (catalogue.SYNCS, *_VALUES):
            yield _family(metric, _series(metric, loaded))
        yield _durations(loaded)


@dataclass(frozen=True, slots=True)
class _Families:
    """What the library asks for: something to collect from."""

    families: Sequence[Family]

    def collect(self) -> Iterable[Family]:
        return self.families


def _series(metric: Metric, loaded: Mapping[str, LoadedState]) -> dict[tuple[str, ...], float]:
    if metric is catalogue.SYNCS:
        return {
            (route, outcome): each.state.tally.outcomes.get(outcome, 0)
            for route, each in loaded.items()
            for outcome in OUTCOMES
        }
    values = {(route,): _VALUES[metric](each) for route, each in loaded.items()}
    return {labels: value for labels, value in values.items() if value is not None}


def _durations(loaded: Mapping[str, LoadedState]) -> Family:
    metric = catalogue.SYNC_SECONDS
    family = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for route, each in loaded.items():
        family.add_metric([route], each.state.tally.cumulated(), each.state.tally.seconds)
    return family


def _family(metric: Metric, series: Mapping[tuple[str, ...], float]) -> Family:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in series.items():
        family.add_metric(labels, value)
    return family


def _last_sync(loaded: LoadedState) -> float | None:
    return loaded.state.synced.listed_at.timestamp() if loaded.state.synced else None


_VALUES: Mapping[Metric, Callable[[LoadedState], float | None]] = {
    catalogue.PENDING: lambda each: pending_seconds(each.state, each.read_at),
    catalogue.FAILURES: lambda each: failures_in_a_row(each.state),
    catalogue.LAST_SYNC: _last_sync,
    catalogue.SUSPENDED: lambda each: float(each.state.suspended_since is not None),
    catalogue.HELD: lambda each: float(each.state.held is not None),
    catalogue.REMOVED: lambda each: each.state.removed,
    catalogue.IMPORT_ERRORS: lambda each: each.state.airflow.errors if each.state.airflow else None,
    catalogue.NOT_SEEN: lambda each: each.state.airflow.states.get("NotSeen", 0) if each.state.airflow else None,
    catalogue.UNANNOUNCED: lambda each: each.state.arrivals.unannounced,
    catalogue.PARSED_SECONDS: lambda each: each.state.airflow.seconds if each.state.airflow else None,
}
