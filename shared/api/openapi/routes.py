"""What is said about the endpoints of `/api/routes`."""

from dataclasses import replace
from http import HTTPStatus

from shared.api.openapi import parameters
from shared.api.openapi import parameters as headers
from shared.api.openapi.operation import RETRY_AFTER, STORAGE, Answer, ApiOperation, Body, problem
from shared.api.routes.views import AllRoutes, FileStatusView, OneRoute, RouteView, SyncLink, SyncPage, SyncPlan
from shared.sync.history import SyncRecord

_TAG = "routes"
_LOOK_AGAIN = replace(RETRY_AFTER, description="When to look again.")

_QUERY = problem(HTTPStatus.BAD_REQUEST, "A query parameter is not known, or not as described.")
_PATH = problem(HTTPStatus.BAD_REQUEST, "The path has an empty part, `.` or `..`; or there is a query parameter.")
_NO_ROUTE = problem(HTTPStatus.NOT_FOUND, "The settings list no route of this name.")
_NO_FILE = problem(
    HTTPStatus.NOT_FOUND, "There is no such route, or neither the folder nor the last sync has the file."
)
_NO_RECORD = problem(
    HTTPStatus.NOT_FOUND,
    "There is no such route, or no record of this sync, or not yet.",
    replace(_LOOK_AGAIN, always=False),
)
_STEERED = ApiOperation(_TAG, [Answer(HTTPStatus.OK, "The route as it is then.", Body(RouteView)), _NO_ROUTE, STORAGE])

OPERATIONS = {
    "list_routes": ApiOperation(_TAG, [Answer(HTTPStatus.OK, "All routes.", Body(AllRoutes)), STORAGE]),
    "show_route": ApiOperation(_TAG, [Answer(HTTPStatus.OK, "The route.", Body(OneRoute)), _NO_ROUTE, STORAGE]),
    "show_file": ApiOperation(
        _TAG,
        [Answer(HTTPStatus.OK, "Where it stands.", Body(FileStatusView)), _PATH, _NO_FILE, STORAGE],
        "It is about the version that lies in the folder when it is asked for.",
    ),
    "sync_route": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "Of a dry run: what would be done.", Body(SyncPlan)),
            Answer(HTTPStatus.ACCEPTED, "It is asked for.", Body(SyncLink), (headers.LOCATION,)),
            _QUERY,
            _NO_ROUTE,
            STORAGE,
        ],
        "The record is at `Location` as soon as the sync has been answered.",
        [parameters.FORCE, parameters.DRY_RUN_OF_SYNC],
    ),
    "suspend_route": _STEERED,
    "resume_route": _STEERED,
    "acknowledge_removed": _STEERED,
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
                "What became of it so far.",
                Body(SyncRecord),
                (replace(_LOOK_AGAIN, description="When to look again, if it has not ended.", always=False),),
            ),
            _QUERY,
            _NO_RECORD,
            STORAGE,
        ],
        parameters=[parameters.WAIT],
    ),
}
