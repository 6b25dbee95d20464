"""The messages between a host and the worker library, without protobuf.

The worker takes this module as its `protos`: it builds messages by keyword, reads attributes and compares a few enum
constants. The names, and the numbers of the constants, are those of FunctionRpc.proto.
"""

from enum import IntEnum
from types import SimpleNamespace


class Message(SimpleNamespace):
    """A message of any kind; a field that was not given does not exist."""


class TypedData(Message):
    """A value with its kind: exactly one of string, bytes, json, http, model_binding_data and so on."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        """Return the kind, or None for an empty value."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """A named value that goes into or comes out of a function."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        """Return `data`: shared memory, the other kind, is not used here."""
        return "data"


class StatusResult(Message):
    """How a request ended."""

    Failure = 0
    Success = 1


class BindingInfo(Message):
    """A binding's direction and data type."""

    undefined = 0
    out = 1
    inout = 2


class RpcHttpCookie(Message):
    """A cookie that a function sets."""

    SameSite = IntEnum("SameSite", {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


FunctionLoadResponse = FunctionMetadataResponse = InvocationResponse = WorkerInitResponse = Message
NullableBool = NullableDouble = NullableString = NullableTimestamp = Timestamp = Message
RpcException = RpcFunctionMetadata = RpcHttp = RpcRetryOptions = WorkerMetadata = Message
