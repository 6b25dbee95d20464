"""OpenAPI operations of `/api/routes`."""

from dataclasses import replace
from http import HTTPStatus

from shared.api.openapi import examples, parameters
from shared.api.openapi import parameters as headers
from shared.api.openapi.operation import RETRY_AFTER, STORAGE, Answer, ApiOperation, Body, problem
from shared.api.routes.views import AllRoutes, FileStatusView, OneRoute, RouteView, SyncLink, SyncPage, SyncPlan
from shared.sync.history import SyncRecord

_TAG = "routes"
_LOOK_AGAIN = replace(RETRY_AFTER, description="Seconds after which to ask again.")
_UNLESS_FINISHED = replace(
    RETRY_AFTER, description="Seconds after which to ask again, unless the sync has finished.", always=False
)

_QUERY = problem("InvalidQuery", "A query parameter is unknown or not valid.")
_NO_ROUTE = problem("RouteNotFound", "The settings list no route of this name.")
_NO_FILE = problem("FileNotFound", "There is no such route, or the file is neither in the folder nor in the last sync.")
_NO_RECORD = problem(
    "SyncNotFound",
    "There is no such route or no record of this sync.",
    replace(_LOOK_AGAIN, always=False),
)
_NOT_PUSHED = problem("NotPushed", "`verify=content` is for routes into a Fabric job.")
_CHANGED = ApiOperation(
    _TAG,
    [Answer(HTTPStatus.OK, "The route after the change.", Body(RouteView, example=examples.ROUTE)), _NO_ROUTE, STORAGE],
)

ROUTE_OPERATIONS = {
    "list_routes": ApiOperation(
        _TAG, [Answer(HTTPStatus.OK, "All routes.", Body(AllRoutes, example=examples.ROUTES)), STORAGE]
    ),
    "show_route": ApiOperation(
        _TAG, [Answer(HTTPStatus.OK, "The route.", Body(OneRoute, example=examples.ONE_ROUTE)), _NO_ROUTE, STORAGE]
    ),
    "show_file": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "The sync status.", Body(FileStatusView, example=examples.FILE)),
            _QUERY,
            _NO_FILE,
            STORAGE,
        ],
        "The status is that of the version which is in the folder now.",
    ),
    "sync_route": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "With `dryRun`: what a sync would do.", Body(SyncPlan, example=examples.SYNC_PLAN)),
            Answer(HTTPStatus.ACCEPTED, "Accepted.", Body(SyncLink, example=examples.SYNC_LINK), (headers.LOCATION,)),
            _QUERY,
            _NO_ROUTE,
            _NOT_PUSHED,
            STORAGE,
        ],
        "The record is at `Location` as soon as the sync has begun.",
        [parameters.FORCE, parameters.VERIFY, parameters.DRY_RUN_OF_SYNC],
    ),
    "look_at_route": replace(
        _CHANGED,
        description="The route is `Reconciling` until this look, and the sync that it leads to, have ended.",
    ),
    "suspend_route": _CHANGED,
    "resume_route": _CHANGED,
    "acknowledge_removed": _CHANGED,
    "list_syncs": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "A page of the history.", Body(SyncPage, example=examples.SYNC_LIST)),
            _QUERY,
            _NO_ROUTE,
            STORAGE,
        ],
        parameters=[
            parameters.LIMIT,
            parameters.AFTER,
            parameters.OUTCOME,
            parameters.SINCE,
            parameters.UNTIL,
        ],
    ),
    "show_sync": ApiOperation(
        _TAG,
        [
            Answer(
                HTTPStatus.OK,
                "The record; `outcome` tells how far the sync is.",
                Body(SyncRecord, example=examples.SYNC),
                (_UNLESS_FINISHED,),
            ),
            _QUERY,
            _NO_RECORD,
            STORAGE,
        ],
        parameters=[parameters.WAIT],
    ),
}
