"""OpenAPI operations of the app itself."""

from http import HTTPStatus

from pydantic import BaseModel

from shared.api.health import ReadyView
from shared.api.openapi import examples
from shared.api.openapi.operation import STORAGE, Answer, ApiOperation, Body, Json

_TAG = "app"


class Alive(BaseModel):
    """The app runs."""

    status: str


APP_OPERATIONS = {
    "health": ApiOperation(_TAG, [Answer(HTTPStatus.OK, "It runs.", Body(Alive, example=examples.ALIVE))]),
    "ready": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "Ready.", Body(ReadyView, example=examples.READY_APP)),
            Answer(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Something needs attention; `troubles` says what.",
                Body(ReadyView, example=examples.UNREADY_APP),
            ),
        ],
        "For a monitor that alerts the person on call: whether storage answers, the app's identity gets a token, and "
        "every route's last sync succeeded.",
    ),
    "status_page": ApiOperation(
        _TAG,
        [
            Answer(HTTPStatus.OK, "The page.", Body(str, ("text/html",))),
            Answer(
                HTTPStatus.SERVICE_UNAVAILABLE, "The page, without routes: storage failed.", Body(str, ("text/html",))
            ),
        ],
        "`search`, `state`, `route` and `page` in the query choose what is shown, as the page's own links do. A key in "
        "`?code=` is passed on to them.",
    ),
    "metrics": ApiOperation(
        _TAG,
        [Answer(HTTPStatus.OK, "All metrics, in Prometheus' text format.", Body(str, ("text/plain",))), STORAGE],
        "What a process counts for itself has the label `worker`.",
    ),
    "api_document": ApiOperation(
        _TAG,
        [
            Answer(
                HTTPStatus.OK,
                "OpenAPI 3.1.",
                Body(
                    Json, example={"openapi": "3.1.0", "info": {"title": "DAG Relay", "version": "0.1.0"}, "paths": {}}
                ),
            )
        ],
    ),
    "api_docs": ApiOperation(
        _TAG,
        [
            Answer(
                HTTPStatus.OK,
                "A page without scripts and without anything from another host.",
                Body(str, ("text/html",)),
            )
        ],
        "A key in `?code=` is passed on to the page's link to the document.",
    ),
}
