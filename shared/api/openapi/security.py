"""Authentication: function keys, and on top of them signatures of webhooks."""

from http import HTTPStatus

from shared.api.openapi.operation import Answer, ApiOperation, Json

STANDARD = "standardWebhooks"
GITHUB = "gitHubSignature"

_KEYS: Json = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key."},
    "functionKeyInQuery": {"type": "apiKey", "in": "query", "name": "code", "description": "The same, for browsers."},
}
_SIGNATURES: Json = {
    STANDARD: {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Besides a key: HMAC of `webhook-id`, `webhook-timestamp` and body, as Standard Webhooks says.",
    },
    GITHUB: {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hub-Signature-256",
        "description": "Besides a key: HMAC of the body in GitHub's style; `X-GitHub-Delivery` is its id.",
    },
}
SCHEMES: Json = _KEYS | _SIGNATURES

_WRONG_KEY = Answer(
    HTTPStatus.UNAUTHORIZED, "No key of the app, or a wrong one. Azure Functions answers this: no body."
)
# It has no body described: generated clients would read one where Azure Functions sends none.
_NOT_LET_IN = Answer(
    HTTPStatus.UNAUTHORIZED,
    "No key of the app, or a wrong one: Azure Functions answers this, without a body. Or the signature is missing or "
    "not valid: then there is one, `application/problem+json`.",
)


def requirements(operation: ApiOperation) -> list[Json]:
    """Return what a request has to carry, one alternative each: a key, or a key and a signature."""
    signed: list[Json] = [{key: [], name: []} for name in operation.signatures for key in _KEYS]
    return [{key: []} for key in _KEYS] + signed


def refusal(operation: ApiOperation) -> Answer:
    """Return the answer to a request without them."""
    return _NOT_LET_IN if operation.signatures else _WRONG_KEY
