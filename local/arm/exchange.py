"""One request to ARM and its answer, apart from any HTTP library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from local.arm.errors import ServiceError

JsonObject = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as ARM got it: `path` percent-encoded, names of `headers` in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    origin: str
    content: bytes | None = b""
    """None where it was longer than ARM takes."""
    repeated: Mapping[str, list[JsonValue]] = field(default_factory=dict)
    """All values of those names that the query has more than once; `query` has the first."""

    def json_object(self) -> JsonObject:
        """Return the body, or raise ARM's refusal if it is not one JSON object."""
        try:
            body = self.json()
        except ValueError as error:
            raise ServiceError.invalid_content(f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise ServiceError.invalid_content("expected one JSON object")
        return body

    def json(self) -> JsonValue:
        """Return the body; raise ValueError if it is not JSON, or has too many levels to be read."""
        try:
            body: JsonValue = json.loads(self.content or b"")
        except RecursionError:
            raise ValueError("it has too many levels") from None
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; a `body` of text or bytes is sent as it is, None sends nothing, the rest goes as JSON."""

    status: int = 200
    body: JsonValue | bytes = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """Return the bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    def with_defaults(self, headers: Mapping[str, str]) -> "Answer":
        """Add headers; those that the answer has already win, however their letters are cased."""
        own = {name.lower() for name in self.headers}
        added = {name: value for name, value in headers.items() if name.lower() not in own}
        return replace(self, headers={**added, **self.headers})

    def with_headers(self, headers: Mapping[str, str]) -> "Answer":
        """Set headers in place of those that the answer has."""
        return replace(self, headers=headers).with_defaults(self.headers)
