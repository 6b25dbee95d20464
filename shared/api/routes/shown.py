"""From a route and its state to what the API shows of them."""

from dataclasses import dataclass
from itertools import islice

from shared.api.routes.views import (
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
from shared.sync.state import Requested, RouteState, RunningSync
from shared.sync.transitions import failures_in_a_row

_REMOVED_SHOWN = 100


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
        conditions=conditions(state),
        synced=state.synced,
        pending_since=pending_since(state),
        next_attempt=state.failure.next_attempt if state.failure else None,
        requested=_open(route, state.requested) if state.requested else None,
        failure=state.failure,
        failures_in_a_row=failures_in_a_row(state),
        operation=_running(state.operation) if state.operation else None,
        suspended_since=state.suspended_since,
        removed=state.removed,
        asking=state.asking,
        airflow=state.airflow,
    )


def one_route(route: Route, state: RouteState, baseline: Baseline, shared: SharedSettings) -> OneRoute:
    """Return how a route is, with the names of its removed files."""
    first = islice(baseline.removed.items(), _REMOVED_SHOWN)
    removed = tuple(RemovedFile(name=name, since=since) for name, since in first)
    view = route_view(route, state, shared)
    return OneRoute(**dict(view), removed_files=removed)


def _settings(route: Route, shared: SharedSettings) -> RouteSettingsView:
    policy = shared.policy
    return RouteSettingsView(
        factory=str(route.environment.factory),
        environment=route.environment.name,
        linked_service=route.request.linked_service_name,
        folder=str(route.folder),
        connection=route.connection,
        overwrite=route.request.overwrite,
        copy_folder_structure=route.request.copy_folder_structure,
        add_requirements_from_file=route.request.add_requirements_from_file,
        quiet_seconds=policy.quiet.total_seconds(),
        longest_wait_seconds=policy.longest_wait.total_seconds(),
        settle_seconds=policy.settle.total_seconds(),
        operation_timeout_seconds=policy.operation_timeout.total_seconds(),
        sweep_schedule=shared.sweep_schedule,
        dag_checks=policy.dag_checks,
    )


def _open(route: Route, requested: Requested) -> OpenRequest:
    url = url_of(route.name, requested.sync_id)
    return OpenRequest(sync_id=requested.sync_id, url=url, force=requested.force, at=requested.at)


def _running(operation: RunningSync) -> RunningSyncView:
    """Return a running operation without its handle, which holds ARM's links."""
    return RunningSyncView.model_validate(operation.model_dump(exclude={"handle"}))
