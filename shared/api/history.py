"""A page of a route's history: what a caller may ask for, and which summaries that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Self, get_args

from shared.api.problem import Problem
from shared.api.route_views import SyncPage
from shared.relay.summaries import Outcome, SyncSummary

PARAMETERS = ("limit", "after", "outcome", "since", "until")
PAGE = 50
LONGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Syncs older than the id `after`, of one outcome, begun at `since` or later and before `until`."""

    limit: int = PAGE
    after: str = ""
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """Return what a query asks for; raise a Problem (400) for what makes no sense."""
        return cls(
            _limit(query.get("limit")),
            query.get("after", ""),
            _outcome(query.get("outcome")),
            _time(query, "since"),
            _time(query, "until"),
        )

    def page(self, syncs: Iterable[SyncSummary]) -> SyncPage:
        """Return the first page of those syncs that are asked for, of all, newest first."""
        found = tuple(islice(filter(self._is_asked_for, syncs), self.limit + 1))
        page = found[: self.limit]
        return SyncPage(syncs=page, after=page[-1].sync_id if len(found) > len(page) else None)

    def _is_asked_for(self, sync: SyncSummary) -> bool:
        return (
            sync.sync_id > self.after
            and self.outcome in {None, sync.outcome}
            and (self.since is None or sync.started_at >= self.since)
            and (self.until is None or sync.started_at < self.until)
        )


def _limit(text: str | None) -> int:
    limit = int(text) if text and text.isascii() and text.isdigit() else PAGE if text is None else 0
    if not 1 <= limit <= LONGEST_PAGE:
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected a limit from 1 to {LONGEST_PAGE}")
    return limit


def _outcome(text: str | None) -> str | None:
    known = get_args(Outcome)
    if text is not None and text not in known:
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected an outcome of {', '.join(known)}")
    return text


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    """Return a moment in ISO 8601, in UTC where it names no zone."""
    if name not in query:
        return None
    try:
        # In a query an unencoded + is a space.
        moment = datetime.fromisoformat(query[name].replace(" ", "+"))
    except ValueError as error:
        expected = f"expected {name} in ISO 8601, like 2026-01-31T09:30:00Z"
        raise Problem(HTTPStatus.BAD_REQUEST, expected) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
