"""`/api/routes/{route}/sync` and `/syncs`: ask for a sync, see what one would do, and what became of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func

from shared.api.answers import view_answer
from shared.api.edge import answering
from shared.api.history import PARAMETERS, HistoryQuery
from shared.api.listed_routes import route_of
from shared.api.problem import Problem
from shared.api.query import flag, query_of
from shared.api.route_views import ArmRequest, SyncLink, SyncPlan, url_of
from shared.api.waiting import Waiting, seconds_in
from shared.arm.factory import sync_call
from shared.relay.decide import Sync
from shared.relay.operator import Operator
from shared.relay.preview import Preview, Previews
from shared.relay.records import Records
from shared.relay.route import Route
from shared.relay.summaries import Changes

# In seconds; how soon it makes sense to look at a sync again that has not ended.
_LOOK_AGAIN_S = 2


@dataclass(frozen=True, slots=True)
class SyncsApi:
    """Answers for the routes of the settings and no other."""

    routes: Sequence[Route]
    operator: Operator
    records: Records
    previews: Previews
    waiting: Waiting

    @answering
    def sync(self, request: func.HttpRequest) -> func.HttpResponse:
        """Ask for a sync; with `force` also of an unchanged, an emptied and a held folder. The engine does the rest.

        With `dryRun` nothing is asked for: the answer is what would be done.
        """
        route = route_of(request, self.routes)
        query = query_of(request, "force", "dryRun")
        force = flag(query, "force")
        if flag(query, "dryRun"):
            return view_answer(_plan(route, self.previews.of(route, force=force)))
        sync_id = self.operator.request_sync(route, force=force)
        url = url_of(route.name, sync_id)
        return view_answer(SyncLink(id=sync_id, url=url), HTTPStatus.ACCEPTED, {"Location": url})

    @answering
    def history(self, request: func.HttpRequest) -> func.HttpResponse:
        """Attempts to sync in short, newest first; one read of storage however many there are."""
        route = route_of(request, self.routes)
        asked = HistoryQuery.read(query_of(request, *PARAMETERS))
        return view_answer(asked.page(self.records.summaries(route.name)))

    @answering
    def record(self, request: func.HttpRequest) -> func.HttpResponse:
        """One attempt to sync, after its end if `wait` says so many seconds.

        One that was asked for has no record until it has been answered.
        """
        route = route_of(request, self.routes)
        seconds = seconds_in(query_of(request, "wait").get("wait"))
        sync_id = request.route_params.get("id", "")
        found = self.waiting.for_end(lambda: self.records.read(route.name, sync_id), seconds)
        if found is None:
            detail = "there is no record of this sync, or not yet"
            raise Problem(HTTPStatus.NOT_FOUND, detail, retry_after_s=_LOOK_AGAIN_S)
        return view_answer(found, headers={"Retry-After": str(_LOOK_AGAIN_S)} if found.is_open else {})


def _plan(route: Route, preview: Preview) -> SyncPlan:
    call = sync_call(route.environment.factory, route.request)
    return SyncPlan(
        would_send=isinstance(preview.decision, Sync),
        decision=type(preview.decision).__name__,
        reason=preview.decision.reason,
        sentence=preview.decision.sentence,
        revision=preview.manifest.revision,
        files=len(preview.manifest.files),
        changes=Changes.of(preview.diff),
        findings=preview.findings,
        request=ArmRequest(method=call.method, path=f"{call.url.path}?{call.url.query}", body=route.request.wire()),
    )
