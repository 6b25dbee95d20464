"""OpenAPI operations at ARM's own paths: those of `/api/environments` in ARM's shape."""

from dataclasses import replace

from pydantic import BaseModel

from shared.api.openapi import parameters
from shared.api.openapi.environments import ENVIRONMENT_OPERATIONS, STATUS_OPERATION
from shared.api.openapi.operation import Answer, ApiOperation
from shared.api.problem import ProblemDetails

_TAG = "arm"


class ArmError(BaseModel):
    """An error as ARM's clients read it."""

    code: str
    message: str


class ArmProblem(ProblemDetails):
    """A problem that ARM's clients understand too."""

    error: ArmError


def _in_arms_shape(ours: ApiOperation) -> ApiOperation:
    options = tuple(each for each in ours.parameters if each is not parameters.FACTORY_IN_QUERY)
    answers = [_shaped(answer) for answer in ours.answers]
    return replace(ours, tag=_TAG, answers=answers, parameters=(parameters.ARM_VERSION, *options))


def _shaped(answer: Answer) -> Answer:
    if answer.body is None or answer.body.shape is not ProblemDetails:
        return answer
    example = answer.body.example or {}
    error = {"code": example["code"], "message": example["detail"]}
    return replace(answer, body=replace(answer.body, shape=ArmProblem, example={**example, "error": error}))


ARM_OPERATIONS = {
    "arm_get_status": _in_arms_shape(STATUS_OPERATION),
    **{
        f"arm_{name}": _in_arms_shape(ENVIRONMENT_OPERATIONS[name])
        for name in (
            "list_environments",
            "get_environment",
            "put_environment",
            "delete_environment",
            "start_environment",
            "stop_environment",
            "follow_start",
            "follow_stop",
        )
    },
}
