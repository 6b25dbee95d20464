"""What ARM answered, and the error in it, whatever shape it has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """One HTTP answer of ARM; header names are compared without regard to case by the mapping that holds them."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether ARM accepted; the seed's table and sample disagree on 200 and 202, so any 2xx is."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the definition of 2xx

    @property
    def request_id(self) -> str | None:
        """The id that Azure's support asks for."""
        return self.headers.get("x-ms-request-id") or self.headers.get("x-ms-correlation-request-id")

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the body's JSON value, or None where the body is empty or is not JSON (gateways answer HTML)."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def error(self) -> tuple[str, str]:
        """Return ARM's code and message; where the body has none, the status and the start of the body's text."""
        body = self.json()
        error = body.get("error", body) if isinstance(body, dict) else None
        if isinstance(error, dict) and (error.get("code") or error.get("message")):
            return str(error.get("code") or f"HTTP {self.status}"), str(error.get("message") or "")[:_LONGEST_MESSAGE]
        return f"HTTP {self.status}", self.content[:200].decode(errors="replace").strip() or "an empty answer"
