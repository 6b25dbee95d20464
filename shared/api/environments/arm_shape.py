"""The same answers below ARM's own paths, for ARM's clients: `az rest`, azure-mgmt-datafactory, any of its SDKs."""

import json

import azure.functions as func

from shared.api.endpoint import Answering
from shared.api.problem import CONTENT_TYPE


def arm_shaped(answer: Answering) -> Answering:
    """Return `answer` with ARM's `error` in its problems."""

    def shaped(request: func.HttpRequest) -> func.HttpResponse:
        response = answer(request)
        return _with_error(response) if response.mimetype == CONTENT_TYPE else response

    return shaped


def _with_error(response: func.HttpResponse) -> func.HttpResponse:
    problem = json.loads(response.get_body())
    reasons = [f"{error['path']}: {error['message']}" for error in problem.get("errors", ())]
    message = "; ".join([problem["detail"], *reasons])
    return func.HttpResponse(
        json.dumps({**problem, "error": {"code": problem["code"], "message": message}}),
        status_code=response.status_code,
        headers=dict(response.headers),
        mimetype=CONTENT_TYPE,
    )
