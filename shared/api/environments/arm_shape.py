"""The same answers below ARM's own paths, for ARM's clients: `az rest`, azure-mgmt-datafactory, any of its SDKs."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.functions as func

from shared.api.problem import CONTENT_TYPE
from shared.api.request import RequestUrl
from shared.arm.clouds import API_VERSION

if TYPE_CHECKING:
    from shared.api.endpoint import Answering


def arm_shaped(answer: "Answering") -> "Answering":
    """Return `answer` with ARM's `error` in its problems, and with a URL at which a client can follow a 202."""

    def shaped(request: func.HttpRequest) -> func.HttpResponse:
        response = answer(request)
        if response.mimetype == CONTENT_TYPE:
            return _with_error(response)
        if response.status_code == HTTPStatus.ACCEPTED and request.method in {"GET", "POST"}:
            # ARM's own URL would ask for rights on the factory; a GET of what was posted tells when it is done.
            response.headers["Location"] = _own_url(request)
        return response

    return shaped


def _with_error(response: func.HttpResponse) -> func.HttpResponse:
    problem = json.loads(response.get_body())
    reasons = [f"{error['path']}: {error['message']}" for error in problem.get("errors", ())]
    message = "; ".join([problem["detail"], *reasons])
    error = {"code": problem.get("code") or problem["title"].replace(" ", ""), "message": message}
    return func.HttpResponse(
        json.dumps({**problem, "error": error}),
        status_code=response.status_code,
        headers=dict(response.headers),
        mimetype=CONTENT_TYPE,
    )


def _own_url(request: func.HttpRequest) -> str:
    """Return the request's URL without a function key in it."""
    url = RequestUrl.of(request)
    return f"{url.origin}{url.path}?api-version={API_VERSION}"
