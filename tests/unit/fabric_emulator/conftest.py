"""The emulated Fabric without a network, on a clock that stands still until a test moves it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import JsonValue

from local.arm.exchange import Answer, Call
from local.arm.identity import token
from local.arm.settings import Settings
from local.fabric import front
from local.fabric.state import JOB, WORKSPACE, Fabric

ORIGIN = "http://127.0.0.1:7072"
AUDIENCE = "https://api.fabric.microsoft.com"


@dataclass
class World:
    """One emulated Fabric, its settings and its time; `ask` sends a good token and the beta flag."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.fabric = Fabric(self.now)

    def set(self, **values: JsonValue) -> None:
        self.settings = self.settings.changed(values)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def bearer(self, *, audience: str = AUDIENCE, client: str = "relay", lasts: int = 3600) -> dict[str, str]:
        issued = int(self.now.timestamp())
        return {"authorization": f"Bearer {token(audience, client, issued, issued + lasts)}"}

    def ask(
        self,
        method: str,
        path: str,
        body: JsonValue | bytes = b"",
        *,
        query: str = "beta=true",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = self.bearer() if headers is None else dict(headers)
        call = Call(method, f"/v1{path}", dict(parse_qsl(query)), sent, ORIGIN, content)
        return front.answer(self.fabric, call, self.settings, self.now)

    def job(self, method: str, path: str = "", body: JsonValue | bytes = b"", *, query: str = "beta=true") -> Answer:
        """Ask about the seeded job."""
        return self.ask(method, f"/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}{path}", body, query=query)

    def put(self, path: str, content: bytes = b"") -> Answer:
        return self.job("PUT", f"/files/{path}", content)

    def listed(self, root: str = "") -> list[str]:
        """Return the paths that a listing shows, of all its pages."""
        query, paths = f"beta=true&rootPath={root}" if root else "beta=true", []
        while query:
            shown = members(self.job("GET", "/files", query=query))
            paths += [str(members_of(entry)["filePath"]) for entry in entries(shown[self.settings.fabric_list_key])]
            query = urlsplit(str(shown.get("continuationUri", ""))).query
        return paths


def members(answer: Answer) -> dict[str, JsonValue]:
    assert isinstance(answer.body, dict), answer
    return answer.body


def members_of(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict)
    return value


def entries(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def refusal(answer: Answer) -> tuple[int, JsonValue]:
    """Return the status and the code; the header repeats the code."""
    code = members(answer)["errorCode"]
    assert answer.headers["x-ms-public-api-error-code"] == code
    return answer.status, code


@pytest.fixture
def world() -> World:
    return World()
