"""Who calls Fabric: a bearer token for Fabric's audience, from the emulator's identity endpoint."""

from datetime import datetime
from http import HTTPStatus

import jwt

from local.arm.exchange import Call
from local.arm.identity import read_token
from local.fabric.errors import FabricError

# Fabric takes tokens for Power BI's older audience, too.
_AUDIENCES = frozenset({"https://api.fabric.microsoft.com", "https://analysis.windows.net/powerbi/api"})


def authenticate(call: Call, now: datetime) -> str:
    """Return the object id of the caller, or raise Fabric's refusal of the token."""
    scheme, _, presented = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _refused("Unauthorized", "The caller is not authenticated: expected a bearer token.")
    try:
        claims = read_token(presented)
    except jwt.InvalidTokenError as error:
        raise _refused("Unauthorized", "The access token is invalid.") from error
    if str(claims["aud"]).rstrip("/") not in _AUDIENCES | {call.origin, f"{call.origin}/v1"}:
        raise _refused("Unauthorized", f"The access token is for another audience: '{claims['aud']}'.")
    if claims["exp"] <= now.timestamp():
        raise _refused("TokenExpired", "Access token has expired, resubmit with a new access token")
    return str(claims["oid"])


def _refused(code: str, message: str) -> FabricError:
    return FabricError(HTTPStatus.UNAUTHORIZED, code, message, headers={"WWW-Authenticate": "Bearer"})
