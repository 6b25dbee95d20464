"""`/api/ready`: whether the promises can be kept, and if not, why; for a monitor that pages somebody."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

import azure.functions as func
from azure.core.exceptions import AzureError

from shared.errors import NoToken
from shared.relay.conditions import conditions
from shared.relay.route import Route
from shared.relay.states import RouteStates


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that endangers a promise; `route` is None where it concerns all."""

    route: str | None
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks storage for each route's state, and the identity for a token of ARM, through `check_token`."""

    routes: Sequence[Route]
    states: RouteStates
    check_token: Callable[[], None]

    def answer(self, _request: func.HttpRequest) -> func.HttpResponse:
        """Return 200, or 503 with what is wrong."""
        troubles = [*self._identity(), *self._storage_and_routes()]
        status = HTTPStatus.SERVICE_UNAVAILABLE if troubles else HTTPStatus.OK
        body = {"ready": not troubles, "troubles": [asdict(trouble) for trouble in troubles]}
        return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json")

    def _identity(self) -> Iterator[Trouble]:
        try:
            self.check_token()
        except NoToken as error:
            yield Trouble(None, error.code, error.message)

    def _storage_and_routes(self) -> Iterator[Trouble]:
        try:
            for route in self.routes:
                ready = conditions(self.states.read(route).state)[0]
                if ready.status == "False":
                    yield Trouble(route.name, ready.reason, ready.sentence)
        except AzureError as error:
            yield Trouble(None, "StorageUnavailable", f"the app's storage gave no good answer: {type(error).__name__}")
