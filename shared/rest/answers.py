"""What a service answered: its JSON, its ids, how long it asks us to wait, and the same without secrets."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from shared.exact_json import loads
from shared.rest.scrubbing import without_secrets

_QUOTA = "x-ms-ratelimit-remaining-"
# Ids go into logs; whatever does not look like one (a token would be longer) stays out.
_ID = re.compile(r"[\w.:{}-]{1,128}", re.ASCII)
# Half of a surrogate pair, as services leave one behind that cut a text in the middle of an emoji.
_HALF = re.compile(
    r"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """One HTTP answer of a service; header names are compared without regard to case by the mapping that holds them.

    Neither headers nor body are in its `repr`, since they may hold secrets of an environment.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx; the REST page's table and sample disagree on 200 and 202."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the definition of 2xx

    @property
    def request_id(self) -> str | None:
        """The id that Azure's support asks for: the resource provider's or Fabric's, else that of ARM itself."""
        return self._id("x-ms-request-id") or self._id("RequestId") or self.correlation_id

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
        """Return the body's JSON value, or None where the body is empty or is not JSON (gateways answer HTML).

        Half of a surrogate pair, which no UTF-8 can hold and so no document or answer of ours, becomes U+FFFD.
        """
        try:
            text = self.content.decode(json.detect_encoding(self.content))
            return loads(_HALF.sub(lambda found: r"\ufffd" if found["half"] else found[0], text))
        except (ValueError, RecursionError):
            return None

    def without(self, *secrets: str) -> "RestAnswer":
        """Return the answer with secrets taken out of its body, for servers that echo what they were sent."""
        return replace(self, content=without_secrets(secrets, self.content))

    def _id(self, header: str) -> str | None:
        found = self.headers.get(header, "")
        return found if _ID.fullmatch(found) else None


def is_empty_or_json(answer: RestAnswer) -> bool:
    """Whether a body could be a REST API's: a proxy or a sign-in page answers with HTML."""
    return not answer.content.strip() or answer.json() is not None or answer.content.strip() == b"null"


_IN_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# "Number of 'read' requests for subscription '…' exceeded. Please try again after '10' seconds."
_SENTENCE = re.compile(r"try again after '?([0-9]{1,9})'? seconds?", re.IGNORECASE)
# A longer wait is a mistake, and overflows dates further on.
_LONGEST_S = 86400.0


def retry_after_s(answer: RestAnswer, message: str = "", now: datetime | None = None) -> float | None:
    """Return the seconds that ARM asks for, the longest where it asks more than once, or None where it does not.

    `Retry-After` is a number of seconds or an HTTP date, which is compared with the answer's own `Date` (or with `now`,
    our clock, where the answer has none). The two headers in milliseconds are Azure's own. ARM's throttling also says
    it in the error's `message`.
    """
    asked = [*_from_headers(answer, now or datetime.now(UTC)), *map(float, _SENTENCE.findall(message))]
    return min(max(asked), _LONGEST_S) if asked else None


def _from_headers(answer: RestAnswer, now: datetime) -> Iterator[float]:
    for header in _IN_MILLISECONDS:
        yield from (number / 1000 for number in _numbers(answer.headers.get(header, "")))
    text = answer.headers.get("Retry-After", "")
    yield from _numbers(text)
    if (moment := _http_date(text)) is not None:
        since = _http_date(answer.headers.get("Date", "")) or now
        yield max(0.0, (moment - since).total_seconds())


def _numbers(text: str) -> list[float]:
    """Return the number that a header holds, or the numbers where it came more than once; none for anything else."""
    parts = [part.strip() for part in text.split(",")]
    return [float(part) for part in parts] if all(map(_NUMBER.fullmatch, parts)) else []


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
