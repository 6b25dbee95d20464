"""From a route and its state to what the API shows of them."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.api.routes.views import (
    EventsView,
    NotSentFile,
    OneRoute,
    OpenRequest,
    RemovedFile,
    RouteSettingsView,
    RouteView,
    RunningSyncView,
    url_of,
)
from shared.route import Route
from shared.sync.baseline import Baseline
from shared.sync.conditions import conditions, pending_since
from shared.sync.decide import Policy
from shared.sync.history import Names
from shared.sync.state import Arrivals, Requested, RouteState, RunningSync
from shared.sync.transitions import failures_in_a_row

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class SharedSettings:
    """The settings that all routes share."""

    policy: Policy
    sweep_schedule: str


def route_view(route: Route, state: RouteState, shared: SharedSettings) -> RouteView:
    """Return how a route is."""
    return RouteView(
        name=route.name,
        environment=str(route.environment),
        folder=str(route.folder),
        request=route.request.wire(),
        settings=_settings(route, shared),
        conditions=conditions(route, state, expects_events=shared.policy.expects_events),
        synced=state.synced,
        pending_since=pending_since(state),
        next_attempt=state.failure.next_attempt if state.failure else None,
        requested=_open(route, state.requested) if state.requested else None,
        failure=state.failure,
        failures_in_a_row=failures_in_a_row(state),
        operation=_running(state.operation) if state.operation else None,
        suspended_since=state.suspended_since,
        removed=state.removed,
        not_sent=state.not_sent,
        ignored=state.ignored,
        looked_at=state.looked_at,
        asking=state.asking,
        airflow=state.airflow,
        findings=state.findings,
        events=_events(state.arrivals) if shared.policy.expects_events else None,
    )


def one_route(route: Route, state: RouteState, baseline: Baseline, shared: SharedSettings) -> OneRoute:
    """Return how a route is, with the names of files that were removed, not sent, or sent by others."""
    removed, not_sent = islice(baseline.removed.items(), _SHOWN), islice(baseline.not_sent.items(), _SHOWN)
    return OneRoute(
        **dict(route_view(route, state, shared)),
        removed_files=tuple(RemovedFile(name=name, since=since) for name, since in removed),
        not_sent_files=tuple(NotSentFile(name=name, sentence=version.sentence) for name, version in not_sent),
        foreign_files=Names.of(baseline.foreign),
    )


def _settings(route: Route, shared: SharedSettings) -> RouteSettingsView:
    policy = shared.policy
    return RouteSettingsView(
        **(_of_fabric(route) if route.is_pushed else _of_data_factory(route)),
        folder=str(route.folder),
        connection=route.connection,
        quiet_seconds=policy.quiet.total_seconds(),
        longest_wait_seconds=policy.longest_wait.total_seconds(),
        settle_seconds=policy.settle.total_seconds(),
        operation_timeout_seconds=policy.operation_timeout.total_seconds(),
        sweep_schedule=shared.sweep_schedule,
        dag_checks=policy.dag_checks,
    )


def _of_data_factory(route: Route) -> dict[str, Any]:
    environment, request = route.adf
    return {
        "target": "data-factory",
        "factory": str(environment.factory),
        "environment": environment.name,
        "linked_service": request.linked_service_name,
        "overwrite": request.overwrite,
        "copy_folder_structure": request.copy_folder_structure,
        "add_requirements_from_file": request.add_requirements_from_file,
    }


def _of_fabric(route: Route) -> dict[str, Any]:
    job, options = route.fabric
    return {
        "target": "fabric",
        "workspace": job.workspace,
        "job": job.job,
        "requirements": options.requirements,
        "deletes": options.deletes,
    }


def _open(route: Route, requested: Requested) -> OpenRequest:
    url = url_of(route.name, requested.sync_id)
    return OpenRequest(sync_id=requested.sync_id, url=url, force=requested.force, at=requested.at)


def _events(arrivals: Arrivals) -> EventsView:
    return EventsView(unannounced=arrivals.unannounced, checks=arrivals.checks)


def _running(operation: RunningSync) -> RunningSyncView:
    """Return a running operation without its handle, which holds ARM's links."""
    return RunningSyncView.model_validate(operation.model_dump(exclude={"handle"}))
