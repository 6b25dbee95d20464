"""`/api/routes`: how each route and each of its files is, and what an commands may do."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import azure.functions as func

from shared.api.problem import Problem
from shared.api.request import query_of
from shared.api.response import answering, view_answer
from shared.api.routes.shown import SharedSettings, one_route, route_view
from shared.api.routes.views import AllRoutes, FileInAirflowView, FileStatusView, RouteView, link_to
from shared.folder.manifest import File
from shared.route import Route
from shared.sync.airflow_book import AirflowBooks, FileInAirflow
from shared.sync.baseline import Baseline
from shared.sync.baseline_store import Baselines
from shared.sync.commands import Commands
from shared.sync.file_status import FileStatus, status_of, status_of_missing
from shared.sync.store import RouteStates

_NO_SUCH_FILE = "neither the folder nor the last sync has this file"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutesApi:
    """Answers for the routes of the settings and no other; `find_file` looks for a file by its name."""

    routes: Sequence[Route]
    states: RouteStates
    baselines: Baselines
    airflow_books: AirflowBooks
    commands: Commands
    find_file: Callable[[Route, str], File | None]
    shared: SharedSettings

    @answering
    def index(self, _request: func.HttpRequest) -> func.HttpResponse:
        """All routes, without the names of removed files; one listing of storage for all of them."""
        states = self.states.read_all(self.routes)
        shown = (route_view(route, states[route.name].state, self.shared) for route in self.routes)
        return view_answer(AllRoutes(value=tuple(shown)))

    @answering
    def show(self, request: func.HttpRequest) -> func.HttpResponse:
        """One route; one read of storage, and a second one where there are names to show."""
        route = route_in(request, self.routes)
        state = self.states.read(route).state
        baseline = self.baselines.read(route) if state.removed or route.is_pushed else Baseline()
        return view_answer(one_route(route, state, baseline, self.shared))

    @answering
    def file(self, request: func.HttpRequest) -> func.HttpResponse:
        """Whether the version of a file that lies in the folder is in, in which sync, or since when it waits."""
        route = route_in(request, self.routes)
        query_of(request)
        path = self._path_in(request, route)
        name = route.folder.blob_name(path)
        status, baseline = self._status(route, name) if name else (None, Baseline())
        if name and status is None:
            raise Problem("FileNotFound", _NO_SUCH_FILE)
        return view_answer(_status_view(route, name or path, status, self._in_airflow(route, name, baseline)))

    @answering
    def look(self, request: func.HttpRequest) -> func.HttpResponse:
        """Let the folder be looked at now; the route reconciles until that, and what it leads to, has ended."""
        return self._steer(request, self.commands.look)

    @answering
    def suspend(self, request: func.HttpRequest) -> func.HttpResponse:
        """Let the route do nothing until it is resumed."""
        return self._steer(request, self.commands.suspend)

    @answering
    def resume(self, request: func.HttpRequest) -> func.HttpResponse:
        """Let the route work again."""
        return self._steer(request, self.commands.resume)

    @answering
    def acknowledge_removed(self, request: func.HttpRequest) -> func.HttpResponse:
        """Forget the files that were removed here and that ADF keeps."""
        return self._steer(request, self.commands.acknowledge_removed)

    def _steer(self, request: func.HttpRequest, act: Callable[[Route], None]) -> func.HttpResponse:
        route = route_in(request, self.routes)
        act(route)
        return view_answer(self._shown(route))

    def _shown(self, route: Route) -> RouteView:
        return route_view(route, self.states.read(route).state, self.shared)

    def _in_airflow(self, route: Route, name: str | None, baseline: Baseline) -> FileInAirflowView | None:
        """Return what Airflow made of the version that was synced last, which may be nothing yet."""
        if name is None or self.shared.policy.ask_airflow is None:
            return None
        file = self.airflow_books.read(route).files.get(name)
        version = baseline.contents.get(name)
        if file is None or version is None:
            return None
        if file.brought_by != (version.brought_by or ""):
            file = FileInAirflow(brought_by=version.brought_by or "")
        return FileInAirflowView(
            state=file.state, dags=file.dags, error=file.error, reason=file.reason, as_of=file.as_of
        )

    def _path_in(self, request: func.HttpRequest, route: Route) -> str:
        """Return the path of a file; the host decodes it, but leaves a slash encoded that was sent so.

        So `%2F` may also be a part of the name, if there is a file of that name.
        """
        sent = request.route_params.get("path", "")
        slashed = re.sub("%2f", "/", sent, flags=re.IGNORECASE)
        name = route.folder.blob_name(sent)
        return sent if sent != slashed and name and self.find_file(route, name) else slashed

    def _status(self, route: Route, name: str) -> tuple[FileStatus | None, Baseline]:
        # The file first: a sync that ends meanwhile is then known when the baseline is read, and not the reverse.
        file = self.find_file(route, name)
        state = self.states.read(route).state
        staged = self.baselines.read_staged(route) if state.operation else Baseline()
        baseline = self.baselines.read(route)
        if file is None:
            return status_of_missing(route, name, baseline), baseline
        return status_of(route, file, baseline, staged, state), baseline


def _status_view(
    route: Route, path: str, status: FileStatus | None, in_airflow: FileInAirflowView | None
) -> FileStatusView:
    if status is None:
        sentence = f"this file is not imported: {route.folder.why_ignored(path)}"
        return FileStatusView(path=path, state="notImported", since=None, sync=None, sentence=sentence)
    return FileStatusView(
        path=path,
        state=status.state,
        since=status.since,
        sync=link_to(route.name, status.sync_id),
        sentence=status.sentence,
        airflow=in_airflow,
    )


def route_in(request: func.HttpRequest, routes: Iterable[Route]) -> Route:
    """Return the route that the request's path names; raise a Problem (404) for one that the settings do not list."""
    name = request.route_params.get("route")
    route = next((route for route in routes if route.name == name), None)
    if route is None:
        raise Problem("RouteNotFound", "the settings list no route of this name")
    return route
