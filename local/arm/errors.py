"""Refusals in the words of ARM and Data Factory, and the one shape in which they travel.

Codes and messages are those seen in public; where none is known (all refusals of `airflow/sync`, a missing environment)
they are our choice, and docs/emulator.md says so.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from pydantic import JsonValue


class ServiceError(Exception):
    """A refusal with ARM's error body: `{"error": {"code", "message", "target"?}}`."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        *,
        target: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.headers = dict(headers or {})

    def body(self) -> dict[str, JsonValue]:
        """Return what `error` holds."""
        error: dict[str, JsonValue] = {"code": self.code, "message": self.message}
        if self.target:
            error["target"] = self.target
        return error

    @classmethod
    def invalid_content(cls, reason: str) -> "ServiceError":
        """Say that the body cannot be understood."""
        message = f"The request content was invalid and could not be deserialized: '{reason}'."
        return cls(HTTPStatus.BAD_REQUEST, "InvalidRequestContent", message)

    @classmethod
    def invalid_parameter(cls, name: str, reason: str) -> "ServiceError":
        """Say that one named value is wrong."""
        return cls(HTTPStatus.BAD_REQUEST, "InvalidParameter", f"Parameter {name} is not valid: {reason}.", target=name)

    @classmethod
    def bad_request(cls, message: str) -> "ServiceError":
        """Speak as Data Factory about a request that ARM could read."""
        return cls(HTTPStatus.BAD_REQUEST, "BadRequest", message)

    @classmethod
    def missing_api_version(cls) -> "ServiceError":
        """Say that the query names no version."""
        message = "The api-version query parameter (?api-version=) is required for all requests."
        return cls(HTTPStatus.BAD_REQUEST, "MissingApiVersionParameter", message)

    @classmethod
    def invalid_subscription(cls, text: str) -> "ServiceError":
        """Say that the path's subscription is no GUID."""
        message = f"The provided subscription identifier '{text}' is malformed or invalid."
        return cls(HTTPStatus.BAD_REQUEST, "InvalidSubscriptionId", message)

    @classmethod
    def method_not_allowed(cls, method: str, allowed: Iterable[str]) -> "ServiceError":
        """Say that the path is known, and takes other methods."""
        message = f"The requested resource does not support http method '{method}'."
        headers = {"Allow": ", ".join(allowed)}
        return cls(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", message, headers=headers)

    @classmethod
    def not_found(cls, code: str, message: str) -> "ServiceError":
        """Say that something the path names is not there."""
        return cls(HTTPStatus.NOT_FOUND, code, message)

    @classmethod
    def precondition_failed(cls, etag: str | None) -> "ServiceError":
        """Say that `If-Match` or `If-None-Match` does not hold."""
        found = f"its etag is '{etag}'" if etag else "it does not exist"
        return cls(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed", f"The resource is not as required: {found}.")

    @classmethod
    def internal(cls) -> "ServiceError":
        """Say that the emulator has a fault of its own."""
        message = "The emulator failed; its log says how."
        return cls(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", message)

    @classmethod
    def unauthorized(cls, code: str, message: str) -> "ServiceError":
        """Say that there is no token, or none that ARM takes."""
        challenge = (
            'Bearer authorization_uri="https://login.windows.net/common", '
            f'error="invalid_token", error_description="{code}"'
        )
        return cls(HTTPStatus.UNAUTHORIZED, code, message, headers={"WWW-Authenticate": challenge})
