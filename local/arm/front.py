"""ARM's front door: what every request goes through before Data Factory sees it, and the headers of every answer."""

import logging
from http import HTTPStatus
from uuid import uuid4

from local.arm import cloud, targets
from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call
from local.arm.identity import authenticate
from local.arm.routes import ROUTES
from local.arm.state import Emulator
from local.arm.throttle import kind_of

API_VERSION = "2018-06-01"
LONGEST_BODY = 4 * 1024 * 1024

log = logging.getLogger(__name__)


def answer(emulator: Emulator, call: Call) -> Answer:
    """Act on a request as ARM and Data Factory do, and answer it."""
    principal = ""
    try:
        reply = cloud.answer(emulator, call)
        if reply is None:
            _check_form(call)
            principal = authenticate(call.headers, call.origin, emulator.clock())
            _check_rate(emulator, call, principal)
            handler, target = targets.find(ROUTES, emulator.seed, call)
            reply = handler(emulator, call, target)
    except ServiceError as error:
        reply = _refusal(error)
    except Exception:
        log.exception("the emulator failed on %s %s", call.method, call.path)
        reply = _refusal(ServiceError.internal())
    return with_arm_headers(emulator, call, reply, principal)


def with_arm_headers(emulator: Emulator, call: Call, reply: Answer, principal: str = "") -> Answer:
    """Add what ARM puts on every answer. For Data Factory the first two ids are equal."""
    now, request_id, kind = emulator.clock(), str(uuid4()), kind_of(call.method)
    headers = {
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        "x-ms-routing-request-id": f"EMULATOR:{now:%Y%m%dT%H%M%SZ}:{uuid4()}",
        f"x-ms-ratelimit-remaining-subscription-{kind}": str(emulator.throttle.remaining(principal, kind, now)),
        "X-Content-Type-Options": "nosniff",
    }
    if (
        call.headers.get("x-ms-return-client-request-id", "").lower() == "true"
        and "x-ms-client-request-id" in call.headers
    ):
        headers["x-ms-client-request-id"] = call.headers["x-ms-client-request-id"]
    return reply.with_defaults(headers)


def _refusal(error: ServiceError) -> Answer:
    return Answer(error.status, {"error": error.body()}, error.headers)


def _check_form(call: Call) -> None:
    """Check what ARM looks at before it looks at the token."""
    if call.content is None:
        raise ServiceError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "RequestContentTooLarge",
            f"The request content size exceeds the maximum size of {LONGEST_BODY} bytes.",
        )
    version = call.query.get("api-version")
    if not version:
        raise ServiceError.missing_api_version()
    if version != API_VERSION:
        raise ServiceError(
            HTTPStatus.BAD_REQUEST,
            "InvalidApiVersionParameter",
            f"The api-version '{version}' is invalid. The supported versions are '{API_VERSION}'.",
        )


def _check_rate(emulator: Emulator, call: Call, principal: str) -> None:
    if not emulator.settings.throttle:
        return
    kind = kind_of(call.method)
    if wait := emulator.throttle.take(principal, kind, emulator.clock()):
        raise ServiceError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "SubscriptionRequestsThrottled",
            f"Number of '{kind.removesuffix('s')}' requests for subscription "
            f"'{emulator.seed.factory.subscription}' actor '{principal}' exceeded. "
            f"Please try again after '{wait}' seconds.",
            headers={"Retry-After": str(wait)},
        )
