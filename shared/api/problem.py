"""Refusals in one shape: `application/problem+json` (RFC 9457), and every kind of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import azure.functions as func
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import NoToken, ServiceError, ServiceUnavailable, UnexpectedAnswer

CONTENT_TYPE = "application/problem+json"

# Each kind by its stable code: the status, and what it means. Errors of ARM have ARM's code and one of the last kinds.
_MEANINGS: dict[HTTPStatus, dict[str, str]] = {
    HTTPStatus.BAD_REQUEST: {
        "InvalidCondition": "`If-Match` or `If-None-Match` is neither `*` nor ETags.",
        "InvalidQuery": "A query parameter is unknown, repeated or not valid.",
        "InvalidApiVersionParameter": "`api-version` is not the one that Data Factory has.",
        "MissingApiVersionParameter": "A path of ARM's needs `api-version` in the query.",
        "NotJson": "The body is not JSON in UTF-8.",
        "TooDeep": "The body is nested too deeply.",
    },
    HTTPStatus.UNAUTHORIZED: {
        "SignatureExpired": "The timestamp of the signature is more than five minutes off.",
        "SignatureMalformed": "A header of the signature is missing or malformed, or there are headers of two styles.",
        "SignatureMissing": "The request is not signed, and the settings refuse unsigned requests.",
        "SignatureNotChecked": "The request is signed, but the app has no secret to check that with.",
        "SignatureTooWeak": "GitHub's style signs the body alone, which says nothing in this request.",
        "SignatureUnknown": "The request is signed in a style that the app does not know.",
        "SignatureWrong": "No secret of the app makes this signature from these bytes.",
    },
    HTTPStatus.FORBIDDEN: {"FactoryNotListed": "The settings do not list the factory."},
    HTTPStatus.NOT_FOUND: {
        "FileNotFound": "The file is neither in the folder nor in the last sync.",
        "NoFactory": "No route goes into Data Factory, so there are no environments.",
        "NotAirflow": "An integration runtime of another type has the name.",
        "OperationNotFound": "No start or stop gave this operation in its `Location`.",
        "RouteNotFound": "The settings do not list the route.",
        "SyncNotFound": "There is no record of the sync.",
    },
    HTTPStatus.CONFLICT: {
        "DeliveryInProgress": "The same signed delivery is still being handled.",
        "NotPushed": "The route does not go into a Fabric job, so there is nothing to read back.",
        "OperationFailed": "Starting or stopping the environment failed.",
    },
    HTTPStatus.LENGTH_REQUIRED: {
        "BodyMissing": "No body arrived: Azure Functions passes on a body only with `Content-Length`."
    },
    HTTPStatus.PRECONDITION_FAILED: {
        "PreconditionFailed": "The environment has another ETag than the request asks for; nothing was done."
    },
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"BodyTooLarge": "The body is larger than 1 MiB."},
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: {
        "UnsupportedContentEncoding": "The body is compressed.",
        "UnsupportedMediaType": "The body is of another media type; `Accept` has the right ones.",
    },
    HTTPStatus.UNPROCESSABLE_ENTITY: {
        "AmbiguousFactory": "Several factories have the name; the ARM id tells them apart.",
        "DeliveryDiffers": "The id of the signed delivery came with a different request before.",
        "InvalidName": "The name of the environment is missing or not legal.",
        "NotTranslatable": "The environment cannot be translated into a Fabric job.",
        "InvalidSpec": "The body is not an environment spec; `errors` says where.",
        "SecretsWouldBeLost": "A PATCH would lose secrets that Data Factory does not show.",
    },
    HTTPStatus.BAD_GATEWAY: {
        "ArmRefused": "ARM refused, with its own status and code; 502 where the app is at fault, not the caller.",
        "NoETag": "Data Factory showed no ETag, so a PATCH could overwrite a concurrent change.",
        "NoToken": "The app's own identity got no token.",
        "UnexpectedAnswer": "What answered was not ARM, as its answer is none that the operation documents.",
    },
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "ArmUnavailable": "ARM is unavailable; `code` is ARM's own.",
        "FolderUnreadable": "The folder with the DAG files cannot be listed.",
        "StorageUnavailable": "The app's storage is unavailable.",
        "TooManyUpdates": "There are too many concurrent updates of the same state.",
    },
}


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of refusal; `title` is what it means, in a sentence."""

    name: str
    status: HTTPStatus
    title: str

    @property
    def anchor(self) -> str:
        """Where the reference page explains it."""
        return f"problem-{self.name}"

    @property
    def uri(self) -> str:
        """The type on the wire, which leads to that place."""
        return f"/api/docs#{self.anchor}"


PROBLEM_KINDS = {
    name: ProblemKind(name, status, title) for status, kinds in _MEANINGS.items() for name, title in kinds.items()
}


class _Shape(BaseModel):
    # Most requests are answered without one.
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True, defer_build=True)


class FieldError(_Shape):
    """What is wrong at one place of a request: `path` has the keys from the top of the body, joined by dots."""

    path: str
    message: str


class ProblemDetails(_Shape):
    """A refusal on the wire. `type` leads to its explanation; `code` and `requestId` are ARM's where it refused."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    errors: tuple[FieldError, ...] | None = None


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - the standard's word
    """A refusal of the kind with this name; raised where the reason is found, answered at the edge.

    `errors` names what is wrong in the body, each with `path` and `message`; the caller's values are never repeated.
    `status` and `code` are given where they are ARM's own.
    """

    kind: str
    detail: str
    errors: Sequence[Mapping[str, str]] = ()
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus | None = None
    code: str | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        """Fill in what the kind says."""
        self.status = self.status or PROBLEM_KINDS[self.kind].status
        self.code = self.code or self.kind

    def response(self) -> func.HttpResponse:
        """Return the answer."""
        kind, status = PROBLEM_KINDS[self.kind], self.status or HTTPStatus.BAD_GATEWAY
        details = ProblemDetails(
            type=kind.uri,
            title=kind.title,
            status=status.value,
            detail=self.detail,
            code=self.code or kind.name,
            request_id=self.request_id,
            errors=tuple(FieldError(**error) for error in self.errors) or None,
        )
        later = {} if self.retry_after_s is None else {"Retry-After": str(max(1, round(self.retry_after_s)))}
        return func.HttpResponse(
            details.model_dump_json(by_alias=True, exclude_none=True),
            status_code=status,
            headers={**self.headers, **later},
            mimetype=CONTENT_TYPE,
        )


_OUR_IDENTITY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_POLICIES = frozenset({"requestdisallowedbypolicy", "requestdisallowedbyazure"})
_AT_LEAST_S = 1.0


def problem_of(error: ServiceError) -> Problem:
    """Return a problem with ARM's code, message and request id, and the status that is right for our caller."""
    kind, status, retry_after_s = "ArmRefused", None, None
    match error:
        case NoToken() | UnexpectedAnswer():
            kind = type(error).__name__
        case ServiceUnavailable():
            kind, retry_after_s = "ArmUnavailable", error.retry_after_s or _AT_LEAST_S
        case _:
            status = _status(error)
    return Problem(
        kind, error.message, status=status, code=error.code, request_id=error.request_id, retry_after_s=retry_after_s
    )


def _status(refusal: ServiceError) -> HTTPStatus:
    """Return ARM's status, unless the caller is not at fault: our identity was refused, ARM redirects or is broken.

    A policy refuses what is in the request, independent of its sender.
    """
    status = refusal.status
    if status is None or not 400 <= status < 500:  # noqa: PLR2004 - the definition of 4xx
        return HTTPStatus.BAD_GATEWAY
    if status in _OUR_IDENTITY and refusal.code.lower() not in _POLICIES:
        return HTTPStatus.BAD_GATEWAY
    try:
        return HTTPStatus(status)
    except ValueError:
        return HTTPStatus.BAD_GATEWAY
