"""OpenAPI operations of `/api/environments`."""

from dataclasses import replace
from http import HTTPStatus

from shared.adf.spec import EnvironmentSpec
from shared.api.environments.fabric_view import FabricJobFiles
from shared.api.environments.patch import MEDIA_TYPE as MERGE_PATCH
from shared.api.environments.put import Plan
from shared.api.openapi import environment_shapes as shapes
from shared.api.openapi import examples, parameters
from shared.api.openapi import parameters as headers
from shared.api.openapi.operation import JSON, RETRY_AFTER, Answer, ApiOperation, Body, Header, Parameter, problem
from shared.api.openapi.security import GITHUB, STANDARD

_TAG = "environments"

_QUERY = problem("InvalidQuery", "A query parameter or a condition is unknown or not valid; or ARM refused.")
_BODY = problem(
    "NotJson",
    "The body is not JSON or nested too deeply; a query parameter or a condition is not valid; or ARM refused.",
)
_FORBIDDEN = problem(
    "FactoryNotListed",
    "The settings do not list the factory (`FactoryNotListed`); or a policy refused (`RequestDisallowedByPolicy`).",
)
_NOT_FOUND = problem(
    "NotAirflow",
    "There is no such environment, or an integration runtime of another type has its name (`NotAirflow`); or no start "
    "or stop gave this operation (`OperationNotFound`).",
)
_CONFLICT = problem(
    "DeliveryInProgress",
    "ARM refused, because of the state that the environment is in; or the same signed delivery is still being handled "
    "(`DeliveryInProgress`).",
    replace(RETRY_AFTER, always=False),
)
_FAILED = problem("OperationFailed", "The start or stop failed, with ARM's code and message; or ARM refused.")
_LENGTH = problem("BodyMissing", "No body arrived, because the request has no `Content-Length`.")
_PRECONDITION = problem(
    "PreconditionFailed",
    "`If-Match` or `If-None-Match` does not hold, or the environment was changed at the same time.",
)
_TOO_LARGE = problem("BodyTooLarge", "The body is larger than 1 MiB.")
_MEDIA_TYPE = problem(
    "UnsupportedMediaType",
    "The body is compressed or of another media type.",
    Header("Accept", "The media types that are understood.", {"type": "string"}),
    Header("Accept-Patch", "The same, for a PATCH.", {"type": "string"}),
    Header("Accept-Encoding", "`identity`, where the body is compressed.", {"type": "string"}),
)
_NAME = problem("InvalidName", "The name is not legal, or several factories have the name in `factory`.")
_NAME_OR_DELIVERY = replace(
    _NAME, description=f"{_NAME.description} Or the id of a signed delivery came with a different request before."
)
_FACTORY = problem("AmbiguousFactory", "Several factories have the name in `factory`.")
_SPEC = problem(
    "InvalidSpec",
    "The name or the spec is not valid, or a secret would be lost (`SecretsWouldBeLost`); `errors` has the paths and "
    "never a value. Or the id of a signed delivery came with a different request before (`DeliveryDiffers`).",
)
_BAD_GATEWAY = problem(
    "UnexpectedAnswer", "The app's own identity was refused or got no token, or what answered was not ARM."
)
_UNAVAILABLE = problem(
    "ArmUnavailable",
    "ARM is unavailable, or the app's storage is, where a signed delivery is looked up.",
    RETRY_AFTER,
)

_ALWAYS = (_FORBIDDEN, _BAD_GATEWAY, _UNAVAILABLE)
_SHOWN = Body(shapes.Environment, example=examples.ENVIRONMENT)
_NOT_MODIFIED = Answer(HTTPStatus.NOT_MODIFIED, "The caller has this version already.", headers=headers.FROM_ARM[:1])


def _reading(answer: Answer, *refusals: Answer, more: tuple[Parameter, ...] = ()) -> ApiOperation:
    options = (parameters.FACTORY_IN_QUERY, *more)
    return ApiOperation(_TAG, [answer, *refusals, _QUERY, *_ALWAYS], parameters=options)


def _acting(description: str, *answers: Answer) -> ApiOperation:
    refusals = (_QUERY, _NOT_FOUND, _CONFLICT, _LENGTH, _PRECONDITION, _TOO_LARGE, _MEDIA_TYPE, _NAME_OR_DELIVERY)
    answers = tuple(replace(answer, headers=(*answer.headers, headers.REPLAYED_HEADER)) for answer in answers)
    options = (parameters.FACTORY_IN_QUERY, *parameters.CONDITIONS)
    return ApiOperation(_TAG, [*answers, *refusals, *_ALWAYS], description, options, signatures=(STANDARD,))


def _steered(verb: str) -> ApiOperation:
    return _acting(
        "`Location` tells the progress, and whether it failed; `properties.state` of the environment the state.",
        Answer(HTTPStatus.OK, "Done.", headers=headers.FROM_ARM),
        Answer(HTTPStatus.ACCEPTED, f"It is being {verb}.", headers=(*headers.FROM_ARM, headers.LOCATION_TO_FOLLOW)),
    )


def _followed(verb: str) -> ApiOperation:
    not_yet = Answer(HTTPStatus.ACCEPTED, "Still in progress.", headers=(headers.LOCATION_TO_FOLLOW, RETRY_AFTER))
    there = Answer(HTTPStatus.OK, f"The environment, which has {verb}.", _SHOWN, headers.FROM_ARM)
    found = _reading(there, not_yet, _NOT_FOUND, _FAILED, _NAME, more=(parameters.OPERATION,))
    return replace(found, description="The URL in `Location` of the POST.")


def _writing(description: str, body: Body, *header: Header) -> ApiOperation:
    shown = Answer(
        HTTPStatus.OK,
        "The environment as ARM shows it; with `dryRun`, the plan, which has `wouldSend`.",
        Body(shapes.Environment | Plan, example=examples.ENVIRONMENT),
        (*headers.FROM_ARM, headers.WARNINGS, headers.UNCHANGED_HEADER, headers.REPLAYED_HEADER, *header),
    )
    refusals = (_BODY, _NOT_FOUND, _CONFLICT, _LENGTH, _PRECONDITION, _TOO_LARGE, _MEDIA_TYPE, _SPEC, *_ALWAYS)
    options = (parameters.FACTORY_IN_QUERY, parameters.DRY_RUN, parameters.IF_CHANGED, *parameters.CONDITIONS)
    return ApiOperation(_TAG, [shown, *refusals], description, options, body, (STANDARD, GITHUB))


ENVIRONMENT_OPERATIONS = {
    "list_environments": _reading(
        Answer(
            HTTPStatus.OK,
            "All environments of the factory.",
            Body(shapes.EnvironmentList, example=examples.ENVIRONMENTS),
        ),
        _FACTORY,
    ),
    "get_environment": _reading(
        Answer(HTTPStatus.OK, "The environment.", _SHOWN, headers.FROM_ARM),
        _NOT_MODIFIED,
        _NOT_FOUND,
        _PRECONDITION,
        _NAME,
        more=parameters.CONDITIONS,
    ),
    "environment_to_fabric": _reading(
        Answer(
            HTTPStatus.OK,
            "The files of a Fabric job, and what became of each key.",
            Body(FabricJobFiles, example=examples.FABRIC_JOB),
        ),
        _NOT_FOUND,
        replace(_NAME, description=f"{_NAME.description} Or the environment cannot be translated."),
    ),
    "put_environment": _writing(
        "Other keys are passed on to ARM unchanged. `name` is optional in the body; if present, it has to be the name "
        "in the path.",
        Body(EnvironmentSpec, example=examples.NAMED_SPEC),
    ),
    "post_environment": _writing(
        "The same as a PUT, for webhooks that cannot put a name into the path.",
        Body(shapes.NamedSpec, example=examples.NAMED_SPEC),
        headers.LOCATION_OF_ENVIRONMENT,
    ),
    "patch_environment": _writing(
        "The body is merged into the environment as it is (RFC 7396), and the result has to be a valid spec. Secrets "
        "that Data Factory does not show have to be sent again.",
        Body(shapes.MergePatch, (MERGE_PATCH, JSON), examples.MERGE_PATCH),
    ),
    "delete_environment": _acting(
        "",
        Answer(HTTPStatus.OK, "Deleted.", headers=headers.FROM_ARM),
        Answer(HTTPStatus.ACCEPTED, "It is being deleted.", headers=headers.FROM_ARM),
        Answer(HTTPStatus.NO_CONTENT, "There was no such environment.", headers=headers.FROM_ARM),
    ),
    "start_environment": _steered("started"),
    "stop_environment": _steered("stopped"),
    "follow_start": _followed("started"),
    "follow_stop": _followed("stopped"),
}
STATUS_OPERATION = _reading(
    Answer(HTTPStatus.OK, "The state.", Body(shapes.EnvironmentStatus, example=examples.STATUS)), _NOT_FOUND, _NAME
)
