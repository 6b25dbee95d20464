"""What ARM answered."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.arm import echoes

_QUOTA = "x-ms-ratelimit-remaining-"
# Ids go into logs; whatever does not look like one (a token would be longer) stays out.
_ID = re.compile(r"[\w.:{}-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """One HTTP answer of ARM; header names are compared without regard to case by the mapping that holds them.

    Neither headers nor body are in its `repr`, since they may hold secrets of an environment.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether ARM accepted; the seed's table and sample disagree on 200 and 202, so any 2xx is."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the definition of 2xx

    @property
    def request_id(self) -> str | None:
        """The id that Azure's support asks for: the resource provider's, else that of ARM itself."""
        return self._id("x-ms-request-id") or self.correlation_id

    @property
    def correlation_id(self) -> str | None:
        """The id that ARM itself gave to the request."""
        return self._id("x-ms-correlation-request-id")

    @property
    def quota(self) -> dict[str, int]:
        """How many requests are left before ARM throttles, by kind, like `{"subscription-writes": 199}`."""
        found = ((name.lower(), value) for name, value in self.headers.items())
        return {
            name.removeprefix(_QUOTA): int(value)
            for name, value in found
            if name.startswith(_QUOTA) and value.isascii() and value.isdigit()
        }

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the body's JSON value, or None where the body is empty or is not JSON (gateways answer HTML)."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    def without(self, *secrets: str) -> "ArmAnswer":
        """Return the answer with secrets taken out of its body, for servers that echo what they were sent."""
        return replace(self, content=echoes.without(secrets, self.content))

    def _id(self, header: str) -> str | None:
        found = self.headers.get(header, "")
        return found if _ID.fullmatch(found) else None
