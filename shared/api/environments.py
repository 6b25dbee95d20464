"""`/api/environments`: a spec comes in, is checked, goes to ARM; ARM's answer goes back with its secrets masked."""

import json
from http import HTTPStatus
from typing import Any

import azure.functions as func
from pydantic import ValidationError

from shared.adf.environment import EnvironmentSpec, normalised
from shared.adf.masking import masked
from shared.adf.names import EnvironmentId, FactoryId
from shared.api.bodies import json_object
from shared.api.problem import Problem
from shared.arm import factory as arm_factory
from shared.arm.answers import ArmAnswer
from shared.arm.caller import ArmCaller
from shared.errors import ArmRefusal, ArmUnavailable, NoToken

DEADLINE_S = 60.0
_PASSED_ON = ("ETag", "Retry-After", "x-ms-request-id", "x-ms-correlation-request-id")


def put_environment(request: func.HttpRequest, factory: FactoryId, arm: ArmCaller) -> func.HttpResponse:
    """Create or update the environment named in the path, in `factory` and no other."""
    try:
        environment = _environment(factory, request.route_params.get("name", ""))
        spec = _checked_spec(json_object(request), environment)
        return _passed_on(_put(arm, environment, spec))
    except Problem as problem:
        return problem.response()


def _environment(factory: FactoryId, name: str) -> EnvironmentId:
    try:
        return EnvironmentId(factory, name)
    except ValueError as error:
        raise _invalid([{"path": "{name}", "message": str(error)}]) from None


def _checked_spec(body: dict[str, Any], environment: EnvironmentId) -> dict[str, Any]:
    """Return what goes to ARM: the caller's own JSON with the documented spellings put right."""
    try:
        spec = EnvironmentSpec.model_validate(body)
    except ValidationError as error:
        raise _invalid(
            [
                {"path": ".".join(str(part) for part in found["loc"]), "message": _message(found)}
                for found in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from None
    if spec.name is not None and spec.name.lower() != environment.name.lower():
        raise _invalid([{"path": "name", "message": "expected the name in the path, or no name"}])
    return normalised(body)


def _message(found: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    return str(found["msg"]).removeprefix("Value error, ")


def _invalid(errors: list[dict[str, str]]) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the body is not an environment spec", errors=errors)


def _put(arm: ArmCaller, environment: EnvironmentId, spec: dict[str, Any]) -> ArmAnswer:
    try:
        return arm_factory.put_environment(arm, environment, spec, deadline_s=DEADLINE_S)
    except NoToken as error:
        raise Problem(HTTPStatus.BAD_GATEWAY, error.message, code=error.code) from error
    except ArmUnavailable as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            error.message,
            code=error.code,
            request_id=error.request_id,
            retry_after_s=error.retry_after_s or 1.0,
        ) from error
    except ArmRefusal as error:
        raise Problem(_status(error), error.message, code=error.code, request_id=error.request_id) from error


def _status(refusal: ArmRefusal) -> HTTPStatus:
    """Return ARM's status; a refusal of *our* identity is no fault of the caller, so it is a bad gateway."""
    if refusal.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, None}:
        return HTTPStatus.BAD_GATEWAY
    try:
        return HTTPStatus(refusal.status)
    except ValueError:
        return HTTPStatus.BAD_GATEWAY


def _passed_on(answer: ArmAnswer) -> func.HttpResponse:
    body = answer.json()
    return func.HttpResponse(
        None if body is None else json.dumps(masked(body)),
        status_code=answer.status,
        headers={name: answer.headers[name] for name in _PASSED_ON if name in answer.headers},
        mimetype="application/json",
    )
