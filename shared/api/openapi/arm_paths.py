"""OpenAPI operations at ARM's own paths: those of `/api/environments` in ARM's shape."""

from dataclasses import replace
from http import HTTPStatus

from pydantic import BaseModel

from shared.api.openapi import parameters
from shared.api.openapi import parameters as headers
from shared.api.openapi.environment_shapes import Environment
from shared.api.openapi.environments import ENVIRONMENT_OPERATIONS
from shared.api.openapi.operation import Answer, ApiOperation, Body
from shared.api.problem import ProblemDetails

_TAG = "arm"
_LOCATED = {"start_environment", "stop_environment"}


class ArmError(BaseModel):
    """An error as ARM's clients read it."""

    code: str
    message: str


class ArmProblem(ProblemDetails):
    """A problem that ARM's clients understand too."""

    error: ArmError


def _in_arms_shape(name: str) -> ApiOperation:
    ours = ENVIRONMENT_OPERATIONS[name]
    options = tuple(each for each in ours.parameters if each is not parameters.FACTORY_IN_QUERY)
    answers = [_shaped(answer, located=name in _LOCATED) for answer in ours.answers]
    return replace(ours, tag=_TAG, answers=answers, parameters=(parameters.ARM_VERSION, *options))


def _shaped(answer: Answer, *, located: bool) -> Answer:
    if answer.body and answer.body.shape is ProblemDetails:
        return replace(answer, body=replace(answer.body, shape=ArmProblem))
    if located and answer.status is HTTPStatus.ACCEPTED:
        return replace(answer, headers=(*answer.headers, headers.LOCATION_TO_FOLLOW))
    return answer


def _followed(state: str) -> ApiOperation:
    shown, *refusals = _in_arms_shape("get_environment").answers
    not_yet = Answer(HTTPStatus.ACCEPTED, "Still in progress.", headers=(headers.LOCATION_TO_FOLLOW,))
    there = replace(shown, description=f"It is {state}.", body=Body(Environment))
    description = "The URL that ARM's clients poll after the POST."
    return ApiOperation(_TAG, [there, not_yet, *refusals], description, [parameters.ARM_VERSION])


ARM_OPERATIONS = {
    "arm_follow_start": _followed("started"),
    "arm_follow_stop": _followed("stopped"),
    **{
        f"arm_{name}": _in_arms_shape(name)
        for name in (
            "list_environments",
            "get_environment",
            "put_environment",
            "delete_environment",
            "start_environment",
            "stop_environment",
        )
    },
}
