"""What every request below `/v1` goes through before its operation sees it."""

import logging
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from local.arm.exchange import Answer, Call
from local.arm.settings import Settings
from local.fabric.errors import FabricError
from local.fabric.identity import authenticate
from local.fabric.routes import ROLES, Route, find
from local.fabric.state import WORKSPACE, Asked, Fabric

PATH = "/v1"

log = logging.getLogger(__name__)


def answer(fabric: Fabric, call: Call, settings: Settings, now: datetime) -> Answer:
    """Act on a request as Fabric does, and answer it."""
    request_id = str(uuid4())
    try:
        reply = _acted(fabric, call, settings, now)
    except FabricError as error:
        reply = error.answer(request_id)
    except Exception:
        log.exception("the emulator failed on %s %s", call.method, call.path)
        reply = FabricError.internal().answer(request_id)
    return with_headers(reply, request_id)


def with_headers(reply: Answer, request_id: str) -> Answer:
    """Add what Fabric puts on every answer, scripted or not; fabric-cicd needs a type on an empty one, too."""
    kind = {} if reply.body else {"Content-Type": "text/plain; charset=utf-8"}
    return reply.with_defaults({"RequestId": request_id, "X-Content-Type-Options": "nosniff", **kind})


def _acted(fabric: Fabric, call: Call, settings: Settings, now: datetime) -> Answer:
    identity = authenticate(call, now)
    _check_quota(fabric, call, identity, settings.fabric_quota, now)
    route, names = find(call)
    _check_may(route, call, settings.fabric_role)
    if names.get("workspace", WORKSPACE).lower() != WORKSPACE:
        raise FabricError.not_found("workspace", "WorkspaceNotFound")
    return route.handler(Asked(fabric, call, settings, now, names))


def _check_quota(fabric: Fabric, call: Call, identity: str, limit: int, now: datetime) -> None:
    is_operation = call.path.lower().startswith(f"{PATH}/operations/")
    if wait := fabric.quota.take(identity, "operations" if is_operation else "platform", limit, now):
        raise FabricError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "RequestBlocked",
            f"Request is blocked by the upstream service until the window ends in {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )


def _check_may(route: Route, call: Call, role: str) -> None:
    if route.beta and call.query.get("beta", "").lower() != "true":
        raise FabricError.invalid("The query parameter 'beta' has to be 'true': the API is in beta.")
    if ROLES.index(role) < ROLES.index(route.role):
        message = f"The caller needs the role {route.role} in the workspace and has {role}."
        raise FabricError(HTTPStatus.FORBIDDEN, "InsufficientWorkspaceRole", message)
