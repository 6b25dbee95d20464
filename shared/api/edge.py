"""The edge: whatever a handler raises on purpose becomes an answer here."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import azure.functions as func

from shared.api.arm_errors import problem_of
from shared.api.problem import Problem
from shared.errors import ArmError

Api = TypeVar("Api")
Handler = Callable[[Api, func.HttpRequest], func.HttpResponse]


def answering_problems(handle: Handler[Api]) -> Handler[Api]:
    """Make a handler answer with `application/problem+json` instead of raising a Problem or an ArmError."""

    @wraps(handle)
    def answer(api: Api, request: func.HttpRequest) -> func.HttpResponse:
        try:
            return handle(api, request)
        except Problem as problem:
            return problem.response()
        except ArmError as error:
            return problem_of(error).response()

    return answer
