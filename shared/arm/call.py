"""A call as it is asked for, and as it goes on the wire."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from shared.arm.correlation import correlation_id
from shared.arm.urls import ArmUrl
from shared.errors import ArmRefusal

_HEADERS = {"Accept": "application/json", "User-Agent": "dag-relay"}


@dataclass(frozen=True, slots=True)
class ArmCall:
    """One call, which has to be safe to repeat.

    `path` is an ARM id or lies below one (`ArmUrl.to(*id.segments, …)`, or the id as text); `operation` names it in
    logs. `headers` are further ones, like `If-Match`. `body` is any JSON value; None sends none. `settle_s` is a pause
    in seconds between an attempt that may have been carried out and the next one.
    """

    operation: str
    method: str
    path: str | ArmUrl
    body: object = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    settle_s: float = 0.0

    @property
    def url(self) -> ArmUrl:
        """Where it goes; raises ValueError for a path that a client would change."""
        return self.path if isinstance(self.path, ArmUrl) else ArmUrl.to(*self.path.split("/")[1:])


@dataclass(slots=True)
class Request:
    """A call on its way: what all its attempts share, and what is known after those that failed.

    `ends` is the deadline on the caller's clock. `unclear` says that an attempt may have been carried out.
    """

    call: ArmCall
    url: ArmUrl
    body: bytes | None
    headers: Mapping[str, str]
    client_request_id: str
    correlation_id: str | None
    ends: float
    unclear: bool = False
    fresh_token: bool = False

    @classmethod
    def of(cls, call: ArmCall, ends: float) -> Self:
        """Make what goes on the wire; raise ArmRefusal where that is not possible."""
        client_request_id, correlation = str(uuid.uuid4()), correlation_id()
        headers = {**_HEADERS, **call.headers, "x-ms-client-request-id": client_request_id}
        if correlation is not None:
            headers["x-ms-correlation-request-id"] = correlation
        try:
            url, body = call.url, None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        except (ValueError, TypeError, RecursionError) as error:
            raise ArmRefusal(str(error), code="NotSendable") from error
        if body is not None:
            headers["Content-Type"] = "application/json"
        return cls(call, url, body, headers, client_request_id, correlation, ends)
