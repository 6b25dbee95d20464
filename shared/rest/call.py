"""A call as a caller describes it and as it goes on the wire, with the ids by which it is found again."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from shared.errors import ServiceRefusal
from shared.exact_json import dumps
from shared.rest.answers import RestAnswer
from shared.rest.urls import Url
from shared.telemetry.fields import bound_value
from shared.telemetry.tracing import current

_HEADERS = {"Accept": "application/json", "User-Agent": "dag-relay"}


def any_answer(_answer: RestAnswer) -> bool:
    """Whatever comes with a 2xx is the service's."""
    return True


@dataclass(frozen=True, slots=True)
class RestCall:
    """One call, which has to be safe to repeat.

    `operation` names it in logs. `headers` are further ones, like `If-Match`. `body` is any JSON value, or bytes;
    None sends no body. `settle_s` is a pause in seconds between an attempt that may have been carried out and the next
    one. `expects` tells whether a 2xx is an answer that the operation documents; any other comes from a proxy and is a
    failure.
    """

    operation: str
    method: str
    url: Url
    body: object = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    settle_s: float = 0.0
    expects: Callable[[RestAnswer], bool] = field(default=any_answer, repr=False)

    def is_fulfilled_by(self, answer: RestAnswer) -> bool:
        """Whether the service did what it was asked."""
        return answer.ok and self.expects(answer)


@dataclass(slots=True)
class Request:
    """A call on its way: what all its attempts share, and what is known after those that failed.

    `ends` is the deadline on the caller's clock. `unclear` says that an attempt may have been carried out. `attempts`
    counts those that were made, without the `throttled` ones.
    """

    call: RestCall
    body: bytes | None
    headers: Mapping[str, str]
    client_request_id: str
    correlation_id: str | None
    ends: float
    attempts: int = 0
    throttled: int = 0
    unclear: bool = False
    fresh_token: bool = False

    @classmethod
    def of(cls, call: RestCall, ends: float) -> Self:
        """Make what goes on the wire; raise ServiceRefusal where that is not possible."""
        client_request_id, correlation = str(uuid.uuid4()), correlation_id()
        headers = {**_HEADERS, **call.headers, "x-ms-client-request-id": client_request_id}
        if correlation is not None:
            headers["x-ms-correlation-request-id"] = correlation
        try:
            body = _encoded(call.body)
        except (ValueError, TypeError, RecursionError) as error:
            raise ServiceRefusal(str(error), code="NotSendable") from error
        if body is not None:
            kind = "application/octet-stream" if isinstance(call.body, bytes) else "application/json"
            headers = {"Content-Type": kind, **headers}
        return cls(call, body, headers, client_request_id, correlation, ends)


def _encoded(body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return dumps(body).encode()


_SYNCS = uuid.UUID("6e1f0d3c-6f43-4b8a-9a3e-0c5f4c1d7b52")


def correlation_id() -> str | None:
    """Return the GUID of the sync that is going on, the same in every process, else of the trace, or None."""
    if sync_id := bound_value("sync_id"):
        return str(uuid.uuid5(_SYNCS, sync_id))
    trace = current()
    return str(uuid.UUID(hex=trace.trace_id)) if trace else None
