"""A managed identity on the loopback address: tokens for `DefaultAzureCredential`, and ARM's check of them.

Protocol: "How to use managed identities for App Service", REST endpoint reference. The key is well known and fixed, so
that a token outlives a restart; it protects nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import jwt
from jwt.types import Options

from local.arm.errors import ServiceError
from local.arm.exchange import Answer

API_VERSION = "2019-08-01"
SECRET = "local-stack"  # noqa: S105 -- the agreed value of X-IDENTITY-HEADER, known to everybody
_KEY = "dag-relay's well-known development key, not a secret"
TENANT = "00000000-0000-0000-0000-00000000da61"
AUDIENCES = (
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
)
# Audience and time are compared by `authenticate`, which has ARM's words for each and a clock of its own.
_CHECKED: Options = {"require": ["aud", "oid", "exp"], "verify_aud": False, "verify_exp": False, "verify_nbf": False}


def token_answer(headers: Mapping[str, str], query: Mapping[str, str], now: datetime, lifetime: int) -> Answer:
    """Answer a request to the identity endpoint; `lifetime` is in seconds."""
    if headers.get("x-identity-header") != SECRET:
        return _refused(401, f"expected the header X-IDENTITY-HEADER: {SECRET}")
    if query.get("api-version") != API_VERSION:
        return _refused(400, f"expected api-version={API_VERSION}")
    if not query.get("resource"):
        return _refused(400, "expected resource=<what the token is for>")
    expires = int(now.timestamp()) + lifetime
    client = query.get("client_id") or query.get("object_id") or query.get("mi_res_id") or "system-assigned"
    return Answer(
        body={
            "access_token": token(query["resource"], client, int(now.timestamp()), expires),
            "expires_on": str(expires),
            "resource": query["resource"],
            "token_type": "Bearer",
            "client_id": client,
        }
    )


def _refused(status: int, message: str) -> Answer:
    return Answer(status, {"statusCode": status, "message": message})


def token(audience: str, client: str, issued: int, expires: int) -> str:
    """Sign a token; one client always has the same object id. Times are seconds since 1970."""
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "tid": TENANT,
        "appid": client,
        "oid": str(uuid5(NAMESPACE_URL, client)),
        "iat": issued,
        "nbf": issued,
        "exp": expires,
    }
    return jwt.encode(claims, _KEY, algorithm="HS256")


def read_token(presented: str) -> dict[str, Any]:
    """Return the claims of a token; raise jwt.InvalidTokenError. Audience and time are for the caller to check."""
    claims: dict[str, Any] = jwt.decode(presented.strip(), _KEY, algorithms=["HS256"], options=_CHECKED)
    return claims


def authenticate(headers: Mapping[str, str], origin: str, now: datetime, audiences: tuple[str, ...] = AUDIENCES) -> str:
    """Return the object id of who asks, or raise ARM's refusal of the token."""
    if "authorization" not in headers:
        raise ServiceError.unauthorized(
            "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        )
    claims = _claims(headers["authorization"], (*audiences, origin, f"{origin}/"))
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    if expires <= now:
        raise ServiceError.unauthorized(
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time '{_american(expires)}' is earlier than current UTC time "
            f"'{_american(now)}'.",
        )
    return str(claims["oid"])


def _claims(authorization: str, audiences: tuple[str, ...]) -> dict[str, Any]:
    scheme, _, presented = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise ServiceError.unauthorized("AuthenticationFailed", "Authentication failed. Expected a bearer token.")
    try:
        claims = read_token(presented)
    except jwt.InvalidTokenError as error:
        raise ServiceError.unauthorized("InvalidAuthenticationToken", "The access token is invalid.") from error
    if claims["aud"] not in audiences:
        allowed = ",".join(f"'{audience}'" for audience in AUDIENCES)
        raise ServiceError.unauthorized(
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. "
            f"It should exactly match with one of the allowed audiences {allowed}.",
        )
    return claims


def _american(moment: datetime) -> str:
    """Write a time as ARM's message does: `8/17/2017 10:54:41 PM`."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.strftime('%I:%M:%S %p').lstrip('0')}"
