"""Refusals in Fabric's one shape: `{"errorCode", "message", "requestId"}`, flat, not wrapped in `error`.

The shape and the codes `Forbidden`, `ItemNotFound`, `InsufficientWorkspaceRole`, `InternalServerError`, `TokenExpired`,
`Unauthorized`, `CorruptedPayload` and `OperationHasNoResult` are published or in Microsoft's clients; docs/emulator.md
lists those that are our choice.
"""

from collections.abc import Mapping
from http import HTTPStatus

from local.arm.exchange import Answer, JsonObject


class FabricError(Exception):
    """A refusal; `code` is stable and `message` is for people."""

    def __init__(
        self, status: HTTPStatus, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> JsonObject:
        """Return what a failed operation shows in `error`."""
        return {"errorCode": self.code, "message": self.message}

    def answer(self, request_id: str) -> Answer:
        """Return the refusal as an answer; the header repeats the code, as Microsoft's clients expect."""
        headers = {"x-ms-public-api-error-code": self.code, **self.headers}
        retriable = self.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR}
        return Answer(self.status, self.body() | {"requestId": request_id, "isRetriable": retriable}, headers)

    @classmethod
    def invalid(cls, message: str) -> "FabricError":
        """Say what is wrong with a request."""
        return cls(HTTPStatus.BAD_REQUEST, "InvalidRequest", message)

    @classmethod
    def corrupted(cls, message: str) -> "FabricError":
        """Say that a definition cannot be read."""
        return cls(HTTPStatus.BAD_REQUEST, "CorruptedPayload", message)

    @classmethod
    def not_found(cls, what: str, code: str = "ItemNotFound") -> "FabricError":
        """Say that something the path names is not there."""
        return cls(HTTPStatus.NOT_FOUND, code, f"The requested {what} could not be found.")

    @classmethod
    def conflict(cls, code: str, message: str) -> "FabricError":
        """Say that the request does not fit what is there."""
        return cls(HTTPStatus.CONFLICT, code, message)

    @classmethod
    def internal(cls, message: str = "The emulator failed; its log says how.") -> "FabricError":
        """Say that the service has a fault of its own."""
        return cls(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", message)
