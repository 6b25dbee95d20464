"""How long ARM asks us to wait: in one of three headers, or in a sentence."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shared.arm.answers import ArmAnswer

_IN_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# "Number of 'read' requests for subscription '…' exceeded. Please try again after '10' seconds."
_SENTENCE = re.compile(r"try again after '?([0-9]{1,9})'? seconds?", re.IGNORECASE)
# A longer wait is a mistake, and overflows dates further on.
_LONGEST_S = 86400.0


def retry_after_s(answer: ArmAnswer, message: str = "", now: datetime | None = None) -> float | None:
    """Return the seconds that ARM asks for, the longest where it asks more than once, or None where it does not.

    `Retry-After` is a number of seconds or an HTTP date, which is compared with the answer's own `Date` (or with `now`,
    our clock, where the answer has none). The two headers in milliseconds are Azure's own. ARM's throttling also says
    it in the error's `message`.
    """
    asked = [*_from_headers(answer, now or datetime.now(UTC)), *map(float, _SENTENCE.findall(message))]
    return min(max(asked), _LONGEST_S) if asked else None


def _from_headers(answer: ArmAnswer, now: datetime) -> Iterator[float]:
    for header in _IN_MILLISECONDS:
        if _NUMBER.fullmatch(milliseconds := answer.headers.get(header, "").strip()):
            yield float(milliseconds) / 1000
    text = answer.headers.get("Retry-After", "").strip()
    if _NUMBER.fullmatch(text):
        yield float(text)
    elif (moment := _http_date(text)) is not None:
        since = _http_date(answer.headers.get("Date", "")) or now
        yield max(0.0, (moment - since).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
