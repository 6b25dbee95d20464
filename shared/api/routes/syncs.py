"""`/api/routes/{route}/sync` and `/syncs`: ask for a sync, see what one would do, and what became of others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Self, get_args
from urllib.parse import urlencode

import azure.functions as func

from shared.api.problem import Problem
from shared.api.request import flag, query_of, small_number
from shared.api.response import answering, view_answer
from shared.api.routes.routes import route_in
from shared.api.routes.views import ArmRequest, SyncLink, SyncPage, SyncPlan, syncs_url, url_of
from shared.api.routes.waiting import Waiting, seconds_in
from shared.arm.factory import sync_call
from shared.route import Route
from shared.sync.commands import Commands
from shared.sync.decide import Sync
from shared.sync.dry_run import DryRun, DryRuns
from shared.sync.history import Changes, History, Outcome, SyncSummary

# In seconds; how soon it makes sense to look at a sync again that has not ended.
_LOOK_AGAIN_S = 2


@dataclass(frozen=True, slots=True)
class SyncsApi:
    """Answers for the routes of the settings and no other."""

    routes: Sequence[Route]
    commands: Commands
    history: History
    dry_runs: DryRuns
    waiting: Waiting

    @answering
    def sync(self, request: func.HttpRequest) -> func.HttpResponse:
        """Ask for a sync; with `force` also of an unchanged, an emptied and a held folder. The engine does the rest.

        With `verify=content` the files that a Fabric job holds are read back. With `dryRun` nothing is requested: the
        answer is what would be done.
        """
        route = route_in(request, self.routes)
        query = query_of(request, "force", "dryRun", "verify")
        force, read_back = flag(query, "force"), _reads_back(route, query)
        if flag(query, "dryRun"):
            return view_answer(_plan(route, self.dry_runs.of(route, force=force)))
        sync_id = self.commands.request_sync(route, force=force, read_back=read_back)
        url = url_of(route.name, sync_id)
        return view_answer(SyncLink(sync_id=sync_id, url=url), HTTPStatus.ACCEPTED, {"Location": url})

    @answering
    def index(self, request: func.HttpRequest) -> func.HttpResponse:
        """Attempts to sync in short, newest first; one read of storage however many there are."""
        route = route_in(request, self.routes)
        query = query_of(request, *PARAMETERS)
        found, more = HistoryQuery.read(query).page(self.history.summaries(route.name))
        next_link = f"{syncs_url(route.name)}?{urlencode({**query, 'after': found[-1].sync_id})}" if more else None
        return view_answer(SyncPage(value=found, next_link=next_link))

    @answering
    def record(self, request: func.HttpRequest) -> func.HttpResponse:
        """One attempt to sync, or with `wait` its end, if that comes within this number of seconds."""
        route = route_in(request, self.routes)
        seconds = seconds_in(query_of(request, "wait").get("wait"))
        sync_id = request.route_params.get("id", "")
        found = self.waiting.for_end(lambda: self.history.read(route.name, sync_id), seconds)
        if found is None:
            detail = "there is no record of this sync"
            raise Problem("SyncNotFound", detail, retry_after_s=_LOOK_AGAIN_S)
        return view_answer(found, headers={"Retry-After": str(_LOOK_AGAIN_S)} if found.is_open else {})


def _reads_back(route: Route, query: Mapping[str, str]) -> bool:
    if query.get("verify", "content") != "content":
        raise Problem("InvalidQuery", "expected verify=content")
    if "verify" in query and not route.is_pushed:
        raise Problem("NotPushed", "expected verify=content only for a route into a Fabric job")
    return "verify" in query


def _plan(route: Route, dry_run: DryRun) -> SyncPlan:
    return SyncPlan(
        would_send=isinstance(dry_run.decision, Sync),
        decision=type(dry_run.decision).__name__,
        reason=dry_run.decision.reason,
        sentence=dry_run.decision.sentence,
        revision=dry_run.manifest.revision,
        files=len(dry_run.manifest.files),
        changes=Changes.of(dry_run.diff),
        findings=dry_run.findings,
        request=None if route.is_pushed else _request(route),
    )


def _request(route: Route) -> ArmRequest:
    environment, request = route.adf
    call = sync_call(environment.factory, request)
    return ArmRequest(method=call.method, path=f"{call.url.path}?{call.url.query}", body=request.wire())


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

    def page(self, syncs: Iterable[SyncSummary]) -> tuple[tuple[SyncSummary, ...], bool]:
        """Return the first page of the matching syncs, newest first, and whether there are more."""
        found = tuple(islice(filter(self._matches, syncs), self.limit + 1))
        return found[: self.limit], len(found) > self.limit

    def _matches(self, sync: SyncSummary) -> bool:
        return (
            sync.sync_id > self.after
            and self.outcome in {None, sync.outcome}
            and (self.since is None or sync.started_at >= self.since)
            and (self.until is None or sync.started_at < self.until)
        )


def _limit(text: str | None) -> int:
    limit = PAGE if text is None else small_number(text)
    if limit is None or not 1 <= limit <= LONGEST_PAGE:
        raise Problem("InvalidQuery", f"expected a limit from 1 to {LONGEST_PAGE}")
    return limit


def _outcome(text: str | None) -> str | None:
    known = get_args(Outcome)
    if text is not None and text not in known:
        raise Problem("InvalidQuery", f"expected an outcome of {', '.join(known)}")
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
        raise Problem("InvalidQuery", expected) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
