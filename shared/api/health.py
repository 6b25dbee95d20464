"""`/api/ready`: whether the promises can be kept, and if not, why; for a monitor that alerts the person on call."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import azure.functions as func
from azure.core.exceptions import AzureError

from shared.api.response import view_answer
from shared.api.routes.views import View
from shared.errors import NoToken
from shared.route import Route
from shared.sync.claim import CONTESTED
from shared.sync.conditions import conditions, overdue, pending_since
from shared.sync.store import LoadedState, RouteStates
from shared.sync.transitions import failures_in_a_row


class Trouble(View):
    """Something that endangers a promise; `route` is None where it concerns all."""

    route: str | None
    reason: str
    sentence: str


class RouteReadiness(View):
    """How a route keeps its promises; `last_sync_age_seconds` is the age of the last good sync."""

    name: str
    ready: bool
    last_sync: datetime | None
    last_sync_age_seconds: int | None
    failures_in_a_row: int
    pending_since: datetime | None


class ReadyView(View):
    """Whether all is well, and if not, why."""

    ready: bool
    troubles: tuple[Trouble, ...]
    routes: tuple[RouteReadiness, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks storage for the states of all routes at once, and the identity for a token of ARM, through `check_token`.

    `is_name_contested` tells whether another app uses this one's name on its storage.
    """

    routes: Sequence[Route]
    states: RouteStates
    check_token: Callable[[], None]
    longest_wait: timedelta
    is_name_contested: Callable[[], bool] = lambda: False

    def answer(self, _request: func.HttpRequest) -> func.HttpResponse:
        """Return 200, or 503 with what is wrong."""
        troubles = [*self._identity()]
        routes: list[RouteReadiness] = []
        try:
            states = self.states.read_all(self.routes)
            for route in self.routes:
                loaded = states[route.name]
                wrong = [*_troubles(route, loaded, self.longest_wait)]
                troubles += wrong
                routes.append(_readiness(route, loaded, ready=not wrong))
            if self.is_name_contested():
                troubles.append(Trouble(route=None, reason="AppNameContested", sentence=CONTESTED))
        except AzureError as error:
            sentence = f"the app's storage is unavailable: {type(error).__name__}"
            troubles.append(Trouble(route=None, reason="StorageUnavailable", sentence=sentence))
        status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
        return view_answer(ReadyView(ready=not troubles, troubles=tuple(troubles), routes=tuple(routes)), status)

    def _identity(self) -> Iterator[Trouble]:
        try:
            self.check_token()
        except NoToken as error:
            yield Trouble(route=None, reason=error.code, sentence=error.message)


def _troubles(route: Route, loaded: LoadedState, longest_wait: timedelta) -> Iterator[Trouble]:
    ready = conditions(route, loaded.state)[0]
    if ready.status == "False":
        yield Trouble(route=route.name, reason=ready.reason, sentence=ready.sentence)
    for delay in overdue(loaded.state, loaded.read_at, longest_wait):
        yield Trouble(route=route.name, reason=delay.reason, sentence=delay.sentence)


def _readiness(route: Route, loaded: LoadedState, *, ready: bool) -> RouteReadiness:
    synced = loaded.state.synced
    return RouteReadiness(
        name=route.name,
        ready=ready,
        last_sync=synced.listed_at if synced else None,
        last_sync_age_seconds=int((loaded.read_at - synced.listed_at).total_seconds()) if synced else None,
        failures_in_a_row=failures_in_a_row(loaded.state),
        pending_since=pending_since(loaded.state),
    )
