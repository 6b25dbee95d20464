"""OpenAPI operations of `/api/routes`."""

from dataclasses import replace
from http import HTTPStatus

from shared.api.openapi import parameters
from shared.api.openapi import parameters as headers
from shared.api.openapi.operation import RETRY_AFTER, STORAGE, Answer, ApiOperation, Body, problem
from shared.api.routes.views import AllRoutes, FileStatusView, OneRoute, RouteView, SyncLink, SyncPage, SyncPlan
from shared.sync.history import SyncRecord

_TAG = "routes"
_LOOK_AGAIN = replace(RETRY_AFTER, description="Seconds after which to ask again.")
_UNLESS_FINISHED = replace(
    RETRY_AFTER, description="Seconds after which to ask again, unless the sync has finished.", always=False
)

_QUERY = problem(HTTPStatus.BAD_REQUEST, "A query parameter is unknown or not valid.")
_PATH = problem(HTTPStatus.BAD_REQUEST, "The path has an empty part, `.` or `..`; or there is a query parameter.")
_NO_ROUTE = problem(HTTPStatus.NOT_FOUND, "The settings list no route of this name.")
_NO_FILE = problem(
    HTTPStatus.NOT_FOUND, "There is no such route, or the file is neither in the folder nor in the last sync."
)
_NO_RECORD = problem(
    HTTPStatus.NOT_FOUND,
    "There is no such route or no record of this sync.",
    replace(_LOOK_AGAIN, always=False),
)
_CHANGED = ApiOperation(
    _TAG, [Answer(HTTPStatus.OK, "The route after the change.", Body(RouteView)), _NO_ROUTE, STORAGE]
)

ROUTE_OPERATIONS = {
    "list_routes": ApiOperation(_TAG, [Answer(HTTPStatus.OK, "All routes.", Body(AllRoutes)), STORAGE]),
    "show_route": ApiOperation(_TAG, [Answer(HTTPStatus.OK, "The route.", Body(OneRoute)), _NO_ROUTE, STORAGE]),
    "show_file": ApiOperation(
        _TAG,
        [Answer(HTTPStatus.OK, "The sync status.", Body(FileStatusView)), _PATH, _NO_FILE, STORAGE],
        "The status is that of the version which is in the folder now.",
    ),
    "sync_route": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "With `dryRun`: what a sync would do.", Body(SyncPlan)),
            Answer(HTTPStatus.ACCEPTED, "Accepted.", Body(SyncLink), (headers.LOCATION,)),
            _QUERY,
            _NO_ROUTE,
            STORAGE,
        ],
        "The record is at `Location` as soon as the sync has begun.",
        [parameters.FORCE, parameters.DRY_RUN_OF_SYNC],
    ),
    "suspend_route": _CHANGED,
    "resume_route": _CHANGED,
    "acknowledge_removed": _CHANGED,
    "list_syncs": ApiOperation(
        _TAG,
        [Answer(HTTPStatus.OK, "A page of the history.", Body(SyncPage)), _QUERY, _NO_ROUTE, STORAGE],
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
                Body(SyncRecord),
                (_UNLESS_FINISHED,),
            ),
            _QUERY,
            _NO_RECORD,
            STORAGE,
        ],
        parameters=[parameters.WAIT],
    ),
}
