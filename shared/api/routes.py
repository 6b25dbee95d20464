"""`/api/routes`: how each route is, what happened, and what an operator may do."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import dropwhile, islice
from typing import Any

import azure.functions as func

from shared.api.edge import answering
from shared.api.problem import Problem
from shared.api.query import flag, query_of
from shared.relay.baseline import Baselines
from shared.relay.conditions import conditions
from shared.relay.operator import Operator
from shared.relay.records import Records, SyncRecord
from shared.relay.route import Route
from shared.relay.state import RouteState
from shared.relay.states import RouteStates

NAMES_SHOWN = 100
PAGE = 50
LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class RoutesApi:
    """Answers for the routes of the settings and no other."""

    routes: Sequence[Route]
    states: RouteStates
    baselines: Baselines
    records: Records
    operator: Operator

    @answering
    def index(self, _request: func.HttpRequest) -> func.HttpResponse:
        """All routes, without the names of removed files."""
        return _answer({"routes": [_shown(route, self.states.read(route).state) for route in self.routes]})

    @answering
    def show(self, request: func.HttpRequest) -> func.HttpResponse:
        """One route."""
        route = self._route(request)
        removed = self.baselines.read(route).removed
        files = [{"name": name, "since": since.isoformat()} for name, since in islice(removed.items(), NAMES_SHOWN)]
        return _answer(_shown(route, self.states.read(route).state) | {"removedFiles": files})

    @answering
    def sync(self, request: func.HttpRequest) -> func.HttpResponse:
        """Ask for a sync; with `force` also of an unchanged, an emptied and a held folder. The engine does the rest."""
        route = self._route(request)
        sync_id = self.operator.request_sync(route, force=flag(query_of(request, "force"), "force"))
        url = f"/api/routes/{route.name}/syncs/{sync_id}"
        return _answer({"id": sync_id, "url": url}, HTTPStatus.ACCEPTED, {"Location": url})

    @answering
    def suspend(self, request: func.HttpRequest) -> func.HttpResponse:
        """Let the route do nothing until it is resumed."""
        return self._steer(request, self.operator.suspend)

    @answering
    def resume(self, request: func.HttpRequest) -> func.HttpResponse:
        """Let the route work again."""
        return self._steer(request, self.operator.resume)

    @answering
    def acknowledge_removed(self, request: func.HttpRequest) -> func.HttpResponse:
        """Forget the files that were removed here and that ADF keeps."""
        return self._steer(request, self.operator.acknowledge_removed)

    @answering
    def history(self, request: func.HttpRequest) -> func.HttpResponse:
        """Attempts to sync, newest first: `limit` of them, those older than the id in `after`, of one `outcome`."""
        route = self._route(request)
        limit = _limit(request.params.get("limit"))
        found = list(islice(self._records(route, request), limit))
        more = found[-1].sync_id if len(found) == limit else None
        return _answer({"syncs": [record.model_dump(mode="json") for record in found], "after": more})

    @answering
    def record(self, request: func.HttpRequest) -> func.HttpResponse:
        """One attempt to sync; one that was asked for has no record until it has been answered."""
        route = self._route(request)
        found = self.records.read(route.name, request.route_params.get("id", ""))
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "there is no record of this sync, or not yet")
        return _answer(found.model_dump(mode="json"))

    def _route(self, request: func.HttpRequest) -> Route:
        name = request.route_params.get("route")
        route = next((route for route in self.routes if route.name == name), None)
        if route is None:
            raise Problem(HTTPStatus.NOT_FOUND, "the settings list no route of this name")
        return route

    def _steer(self, request: func.HttpRequest, act: Callable[[Route], None]) -> func.HttpResponse:
        route = self._route(request)
        act(route)
        return _answer(_shown(route, self.states.read(route).state))

    def _records(self, route: Route, request: func.HttpRequest) -> Iterator[SyncRecord]:
        after, outcome = request.params.get("after", ""), request.params.get("outcome")
        ids = dropwhile(lambda sync_id: sync_id <= after, self.records.ids(route.name))
        records = (self.records.read(route.name, sync_id) for sync_id in ids)
        return (record for record in records if record and outcome in {None, record.outcome})


def _shown(route: Route, state: RouteState) -> dict[str, Any]:
    return {
        "name": route.name,
        "environment": str(route.environment),
        "folder": str(route.folder),
        "request": route.request.wire(),
        "conditions": [asdict(condition) for condition in conditions(state)],
        "synced": state.synced and state.synced.model_dump(mode="json"),
        "pendingSince": state.pending and state.pending.since,
        "nextAttempt": state.failure and state.failure.next_attempt,
        "failure": state.failure and state.failure.model_dump(mode="json"),
        "failuresInARow": state.failure.count if state.failure else 0,
        "operation": state.operation and state.operation.model_dump(mode="json", exclude={"handle"}),
        "suspendedSince": state.suspended_since,
        "removed": state.removed,
    }


def _limit(text: str | None) -> int:
    limit = int(text) if text and text.isascii() and text.isdigit() else PAGE if text is None else 0
    if not 1 <= limit <= LONGEST_PAGE:
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected a limit from 1 to {LONGEST_PAGE}")
    return limit


def _answer(
    body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body, default=datetime.isoformat), status_code=status, headers=headers, mimetype="application/json"
    )
