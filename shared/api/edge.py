"""The edge: whatever a handler raises on purpose, or storage raises, becomes an answer here."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TypeVar

import azure.functions as func
from azure.core.exceptions import AzureError

from shared.api.arm_errors import problem_of
from shared.api.problem import Problem
from shared.errors import ArmError, FolderUnreadable, StateConflict

log = logging.getLogger(__name__)

Api = TypeVar("Api")
Handler = Callable[[Api, func.HttpRequest], func.HttpResponse]

_STORAGE_FAILED = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the app's storage gave no good answer", retry_after_s=5)
_TOO_MANY_AT_ONCE = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "others keep changing the same state", retry_after_s=1)


def answering(handle: Handler[Api]) -> Handler[Api]:
    """Make a handler answer with `application/problem+json` where it raises one, ARM fails or storage does."""

    @wraps(handle)
    def answer(api: Api, request: func.HttpRequest) -> func.HttpResponse:
        try:
            return handle(api, request)
        except Problem as problem:
            return problem.response()
        except ArmError as error:
            return problem_of(error).response()
        except FolderUnreadable as error:
            detail = f"the folder could not be listed: {error.message}"
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, code=error.code, retry_after_s=5).response()
        except StateConflict:
            return _TOO_MANY_AT_ONCE.response()
        except AzureError:
            log.exception("storage failed a request")
            return _STORAGE_FAILED.response()

    return answer
