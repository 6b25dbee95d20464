"""`/api/`: status and history of all routes, on one page."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import islice

import azure.functions as func
from azure.core.exceptions import AzureError

from shared.api.pages.rendering import Page
from shared.api.pages.status.cards import Card, card
from shared.api.pages.status.overview import UNKNOWN_STATE, Overall, Overview, RouteStanding, Wanted, overall, overview
from shared.api.routes.shown import SharedSettings, route_view
from shared.route import Route
from shared.sync.history import History
from shared.sync.store import RouteStates

log = logging.getLogger(__name__)

SYNCS_SHOWN = 8
_PAGE = Page("status", asks_again=True)
_NO_STORAGE = "The app's storage is unavailable."


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Draws the page from storage: one listing, and a few reads for each of the few routes that are shown in full.

    The listing also tells the time; `now` is the app's clock, for the page without storage.
    """

    routes: Sequence[Route]
    states: RouteStates
    records: History
    shared: SharedSettings
    now: Callable[[], datetime]

    def show(self, request: func.HttpRequest) -> func.HttpResponse:
        """Answer with the page; where storage fails, it says so and the status is 503."""
        wanted = Wanted.of(request.params)
        try:
            states = self.states.read_all(self.routes)
            now = max(loaded.read_at for loaded in states.values())
            listed = [RouteStanding.of(route, states[route.name].state) for route in self.routes]
            shown = overview(listed, wanted)
            cards = [self._card(each, now) for each in shown.in_full]
        except AzureError:
            log.exception("storage failed the status page")
            nothing = overview([], wanted)
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, self.now(), nothing, [], UNKNOWN_STATE, _NO_STORAGE)
        return _answer(HTTPStatus.OK, now, shown, cards, overall(listed))

    def _card(self, listed: RouteStanding, now: datetime) -> Card:
        route = listed.route
        history = self.records.summaries(route.name)
        found = (self.records.read(route.name, summary.sync_id) for summary in history)
        latest = list(islice(filter(None, found), SYNCS_SHOWN))
        return card(route_view(route, listed.state, self.shared), history, latest, now)


def _answer(  # noqa: PLR0913, PLR0917 - what the template is given
    status: HTTPStatus, now: datetime, shown: Overview, cards: Sequence[Card], overall: Overall, trouble: str = ""
) -> func.HttpResponse:
    return _PAGE.answer(status, now=now, ago=ago, shown=shown, cards=cards, overall=overall, trouble=trouble)


_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def ago(time: datetime, now: datetime) -> str:
    """Return how long ago a time was, in its largest unit."""
    passed = now - time
    for name, unit in _UNITS:
        if passed >= unit:
            count = passed // unit
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
