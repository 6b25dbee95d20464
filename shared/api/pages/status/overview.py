"""All routes at a glance: which of them a reader asks for, worst first, in full where they are few, else a row each."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Self, get_args
from urllib.parse import urlencode

from shared.api.pages.status.cards import sentence, worst_problem
from shared.api.pages.status.timeline import Look
from shared.route import Route
from shared.sync.conditions import Condition, conditions, pending_since
from shared.sync.state import RouteState

IN_FULL = 10
ROWS = 100
_NAMED = 5
_NEVER = datetime.max.replace(tzinfo=UTC)

_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,5}")

Standing = Literal["not-ready", "problems", "working", "suspended", "never-synced", "ready"]
_STANDINGS: tuple[Standing, ...] = get_args(Standing)
_LOOKS: Mapping[Standing, Look] = {"not-ready": "bad", "problems": "held", "working": "running", "ready": "good"}
_WORST: tuple[Standing, ...] = ("not-ready", "problems")


@dataclass(frozen=True, slots=True)
class RouteStanding:
    """A route with its state, and where it stands, which is the worst that can be said of it."""

    route: Route
    state: RouteState
    ready: Condition
    standing: Standing

    @classmethod
    def of(cls, route: Route, state: RouteState) -> Self:
        """Return where a route stands."""
        ready, reconciling, *_ = conditions(route, state)
        return cls(route, state, ready, _standing(state, ready, reconciling))

    @property
    def look(self) -> Look | None:
        """How it looks."""
        return _LOOKS.get(self.standing)

    @property
    def sentence(self) -> str:
        """What is the worst about it."""
        worst = worst_problem(self.state) if self.standing == "problems" else None
        return worst or sentence(self.ready.sentence)

    @property
    def waiting_since(self) -> datetime | None:
        """Since when something waits to be looked at or to be synced."""
        return pending_since(self.state)


def _standing(state: RouteState, ready: Condition, reconciling: Condition) -> Standing:
    if ready.status == "False":
        return "not-ready"
    if worst_problem(state):
        return "problems"
    if state.suspended_since:
        return "suspended"
    if reconciling.status == "True":
        return "working"
    match ready.status, ready.reason:
        case "True", _:
            return "ready"
        case _, "NeverSynced":
            return "never-synced"
    return "working"


@dataclass(frozen=True, slots=True)
class Overall:
    """All routes in one sentence."""

    look: Look
    sentence: str


UNKNOWN_STATE = Overall("bad", "The status of the routes is unknown")


def overall(routes: Sequence[RouteStanding]) -> Overall:
    """Return the state of all routes together."""
    if not_ready := [each.route.name for each in routes if each.standing == "not-ready"]:
        return Overall("bad", f"{len(not_ready):,} of {len(routes):,} routes not ready: {_names(not_ready)}")
    if any(each.ready.status == "Unknown" for each in routes):
        return Overall("running", "Working")
    if affected := [each.route.name for each in routes if each.standing == "problems"]:
        return Overall("held", f"All routes ready, with problems in files of {_names(affected)}")
    return Overall("good", "All routes ready")


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asks for, by the query of the address.

    `search` is a part of the name, `route` all of it; None and empty stand for any. Links keep the function key that
    the address has, since the page would not open without it.
    """

    search: str = ""
    standing: Standing | None = None
    route: str = ""
    page: int = 1
    code: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Read a query; what it has no sense of is left out."""
        standing, page = query.get("state"), query.get("page", "")
        return cls(
            search=query.get("search", "").strip(),
            standing=next((each for each in _STANDINGS if each == standing), None),
            route=query.get("route", ""),
            page=int(page) if _PAGE_NUMBER.fullmatch(page) else 1,
            code=query.get("code", ""),
        )

    def link(self, **changes: Any) -> str:  # noqa: ANN401 - the fields of this class
        """Return a link to the same with some changes, from its first page unless that is one of them."""
        to = replace(self, **{"page": 1, **changes})
        query = {
            "code": to.code,
            "search": to.search,
            "state": to.standing or "",
            "route": to.route,
            "page": str(to.page) if to.page > 1 else "",
        }
        return f"?{urlencode({name: value for name, value in query.items() if value})}"

    def takes(self, name: str) -> bool:
        """Whether a route's name is one of those asked for."""
        return name == self.route if self.route else self.search.casefold() in name


@dataclass(frozen=True, slots=True)
class Filter:
    """A link to the routes that stand so, and how many of those with the name there are."""

    standing: Standing | None
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The routes that are shown: `rows` are those from the `first` one on, which is 1 on the first page.

    `matching` counts all that were asked for, on all `pages`, `total` all that there are.
    """

    wanted: Wanted
    filters: tuple[Filter, ...]
    in_full: tuple[RouteStanding, ...]
    rows: tuple[RouteStanding, ...]
    first: int
    matching: int
    pages: int
    total: int

    @property
    def can_be_filtered(self) -> bool:
        """Whether there are more routes than are shown in full."""
        return self.total > IN_FULL


def overview(routes: Sequence[RouteStanding], wanted: Wanted) -> Overview:
    """Return what is shown of the routes: up to `IN_FULL` in full, or pages of `ROWS` rows."""
    named = [each for each in routes if wanted.takes(each.route.name)]
    found = sorted((each for each in named if wanted.standing in {None, each.standing}), key=_order)
    pages = max(1, -(-len(found) // ROWS))
    page = min(wanted.page, pages)
    start = (page - 1) * ROWS
    is_few = len(found) <= IN_FULL
    return Overview(
        wanted=replace(wanted, page=page),
        filters=tuple(_filters(named)),
        in_full=tuple(found) if is_few else (),
        rows=() if is_few else tuple(found[start : start + ROWS]),
        first=start + 1,
        matching=len(found),
        pages=pages,
        total=len(routes),
    )


def _order(each: RouteStanding) -> tuple[int, datetime]:
    """Put the worst first, of those not ready the one that waits longest; the others stay in the operator's order."""
    if each.standing not in _WORST:
        return len(_WORST), _NEVER
    waiting = each.waiting_since if each.standing == "not-ready" else None
    return _WORST.index(each.standing), waiting or _NEVER


def _filters(named: Sequence[RouteStanding]) -> Iterable[Filter]:
    yield Filter(None, "All", len(named))
    counts = Counter(each.standing for each in named)
    for standing in _STANDINGS:
        yield Filter(standing, standing.replace("-", " ").capitalize(), counts[standing])
