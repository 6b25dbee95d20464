"""Checking what an environment shall be: the spec in a body and the conditions in the headers."""

import re
from http import HTTPStatus
from typing import Any

import azure.functions as func
from pydantic import ValidationError

from shared.adf.environment import EnvironmentSpec, normalised
from shared.adf.masking import masks_in
from shared.adf.names import EnvironmentId
from shared.api.problem import Problem

# An ETag, quoted or as Data Factory writes it, or `*`, or a list of them (RFC 9110, 13.1).
_CONDITION = re.compile(r"[\x20-\x7e]{1,1024}")
# A body of 1 MiB can be wrong in half a million places.
_MOST_ERRORS = 100


def checked(body: dict[str, Any], environment: EnvironmentId) -> dict[str, Any]:
    """Return what goes to ARM: the JSON as it is with the documented spellings put right; or raise a Problem (422)."""
    try:
        spec = EnvironmentSpec.model_validate(body)
    except ValidationError as error:
        raise _invalid(
            [
                {"path": ".".join(str(part) for part in found["loc"]), "message": _message(found)}
                for found in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from None
    if spec.name is not None and not _same_name(spec.name, environment.name):
        raise _invalid([{"path": "name", "message": "expected the name in the path, or no name"}])
    if masks := list(masks_in(body)):
        message = "expected the secret itself; these asterisks are shown in its place"
        raise _invalid([{"path": ".".join(path), "message": message} for path in masks])
    return normalised(body)


def condition_in(request: func.HttpRequest, header: str) -> str | None:
    """Return `If-Match` or `If-None-Match` as it came, since ARM decides about it; or raise a Problem (400)."""
    condition: str | None = request.headers.get(header)
    if condition is not None and not _CONDITION.fullmatch(condition):
        raise Problem(HTTPStatus.BAD_REQUEST, f"expected {header} to be `*` or an ETag")
    return condition


def _same_name(one: str, other: str) -> bool:
    """Whether ARM would take two names for one; in Python, the sign of Kelvin is a k in lower case too."""
    return one.isascii() and one.lower() == other.lower()


def _message(found: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    return str(found["msg"]).removeprefix("Value error, ")


def _invalid(errors: list[dict[str, str]]) -> Problem:
    if (left_out := len(errors) - _MOST_ERRORS) > 0:
        errors = [*errors[:_MOST_ERRORS], {"path": "", "message": f"{left_out} more"}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is not an environment spec", errors=errors)
