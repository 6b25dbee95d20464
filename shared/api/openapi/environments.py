"""OpenAPI operations of `/api/environments`."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from shared.adf.spec import EnvironmentSpec
from shared.api.environments.patch import MEDIA_TYPE as MERGE_PATCH
from shared.api.environments.put import Plan
from shared.api.openapi import environment_shapes as shapes
from shared.api.openapi import parameters
from shared.api.openapi import parameters as headers
from shared.api.openapi.operation import JSON, RETRY_AFTER, Answer, ApiOperation, Body, Header, Json, Parameter, problem
from shared.api.openapi.security import GITHUB, STANDARD

_TAG = "environments"

_QUERY = problem(HTTPStatus.BAD_REQUEST, "A query parameter is unknown or not valid; or ARM refused.")
_BODY = problem(
    HTTPStatus.BAD_REQUEST,
    "The body is not JSON or nested too deeply; a query parameter or a condition is not valid; or ARM refused.",
)
_FORBIDDEN = problem(HTTPStatus.FORBIDDEN, "The settings do not list the factory (`FactoryNotListed`).")
_NOT_FOUND = problem(
    HTTPStatus.NOT_FOUND,
    "There is no such environment, or an integration runtime of another type has its name (`NotAirflow`).",
)
_CONFLICT = problem(
    HTTPStatus.CONFLICT,
    "ARM refused, because of the state that the environment is in; or the same signed delivery is still being handled "
    "(`DeliveryInProgress`).",
    replace(RETRY_AFTER, always=False),
)
_PRECONDITION = problem(
    HTTPStatus.PRECONDITION_FAILED,
    "`If-Match` or `If-None-Match` does not hold, or the environment was changed at the same time.",
)
_TOO_LARGE = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than 1 MiB.")
_MEDIA_TYPE = problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is of another type.")
_NAME = problem(
    HTTPStatus.UNPROCESSABLE_ENTITY, "The name is not legal, or several factories have the name in `factory`."
)
_NAME_OR_DELIVERY = replace(
    _NAME, description=f"{_NAME.description} Or the id of a signed delivery came with a different request before."
)
_FACTORY = problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Several factories have the name in `factory`.")
_SPEC = problem(
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The name or the spec is not valid, or a secret would be lost (`SecretsWouldBeLost`); `errors` has the paths and "
    "never a value. Or the id of a signed delivery came with a different request before (`DeliveryDiffers`).",
)
_BAD_GATEWAY = problem(
    HTTPStatus.BAD_GATEWAY, "The app's own identity was refused or got no token, or what answered was not ARM."
)
_NO_ANSWER = problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "ARM is unavailable, or the app's storage is, where a signed delivery is looked up.",
    RETRY_AFTER,
)

_ALWAYS = (_FORBIDDEN, _BAD_GATEWAY, _NO_ANSWER)


def _reading(answer: Answer, *refusals: Answer) -> ApiOperation:
    return ApiOperation(_TAG, [answer, *refusals, _QUERY, *_ALWAYS], parameters=[parameters.FACTORY_IN_QUERY])


def _acting(description: str, *answers: Answer) -> ApiOperation:
    refusals = (_QUERY, _NOT_FOUND, _CONFLICT, _NAME_OR_DELIVERY, *_ALWAYS)
    answers = tuple(replace(answer, headers=(*answer.headers, headers.REPLAYED_HEADER)) for answer in answers)
    return ApiOperation(_TAG, [*answers, *refusals], description, [parameters.FACTORY_IN_QUERY], signatures=(STANDARD,))


def _steered(verb: str) -> ApiOperation:
    return _acting(
        "`properties.state` of the environment shows the progress.",
        Answer(HTTPStatus.OK, "Done.", headers=headers.FROM_ARM),
        Answer(HTTPStatus.ACCEPTED, f"It is being {verb}.", headers=headers.FROM_ARM),
    )


def _writing(
    description: str, body: Body, conditions: Sequence[Parameter], *, header: tuple[Header, ...] = ()
) -> ApiOperation:
    shown = Answer(
        HTTPStatus.OK,
        "The environment as ARM shows it; with `dryRun`, the plan.",
        Body(shapes.Environment | Plan),
        (*headers.FROM_ARM, headers.WARNINGS, headers.UNCHANGED_HEADER, headers.REPLAYED_HEADER, *header),
    )
    refusals = (_BODY, _NOT_FOUND, _CONFLICT, _PRECONDITION, _TOO_LARGE, _MEDIA_TYPE, _SPEC, *_ALWAYS)
    options = (parameters.FACTORY_IN_QUERY, parameters.DRY_RUN, parameters.IF_CHANGED, *conditions)
    return ApiOperation(_TAG, [shown, *refusals], description, options, body, (STANDARD, GITHUB))


ENVIRONMENT_OPERATIONS = {
    "list_environments": _reading(
        Answer(HTTPStatus.OK, "All environments of the factory.", Body(shapes.EnvironmentList)), _FACTORY
    ),
    "get_environment": _reading(
        Answer(HTTPStatus.OK, "The environment.", Body(shapes.Environment), headers.FROM_ARM), _NOT_FOUND, _NAME
    ),
    "put_environment": _writing(
        "Other keys are passed on to ARM unchanged. `name` is optional in the body; if present, it has to be the name "
        "in the path.",
        Body(EnvironmentSpec, example=shapes.SPEC),
        [parameters.IF_MATCH, parameters.IF_NONE_MATCH],
    ),
    "post_environment": _writing(
        "The same as a PUT, for webhooks that cannot put a name into the path.",
        Body(shapes.NamedSpec, example=shapes.NAMED_SPEC),
        [parameters.IF_MATCH, parameters.IF_NONE_MATCH],
        header=(headers.LOCATION_OF_ENVIRONMENT,),
    ),
    "patch_environment": _writing(
        "The body is merged into the environment as it is (RFC 7396), and the result has to be a valid spec. Secrets "
        "that Data Factory does not show have to be sent again.",
        Body(Json, (MERGE_PATCH, JSON), shapes.MERGE_PATCH),
        [parameters.IF_MATCH],
    ),
    "delete_environment": _acting(
        "",
        Answer(HTTPStatus.OK, "Deleted.", headers=headers.FROM_ARM),
        Answer(HTTPStatus.ACCEPTED, "It is being deleted.", headers=headers.FROM_ARM),
        Answer(HTTPStatus.NO_CONTENT, "There was no such environment.", headers=headers.FROM_ARM),
    ),
    "start_environment": _steered("started"),
    "stop_environment": _steered("stopped"),
}
