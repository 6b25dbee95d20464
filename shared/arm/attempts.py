"""Whether and when a call is tried again: pure decisions.

What is retried is ARM's own rule (RPC: 408, 5xx and socket errors; plus 429). The stock pipelines of the SDKs do not
retry a POST on 408, 429 and 502; both our calls are safe to repeat, PUT because it replaces the whole resource and
`airflow/sync` because a second import of the same folder changes nothing.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How stubborn a call is: tries in all, and full-jitter waits that double from `base_s` up to `cap_s` seconds."""

    attempts: int = 6
    base_s: float = 0.5
    cap_s: float = 20.0

    def wait_s(self, attempt: int, floor_s: float | None, random: Callable[[], float]) -> float:
        """Return the seconds to wait after the failed `attempt` (the first is 1), at least `floor_s`."""
        jitter = random() * min(self.cap_s, self.base_s * 2.0 ** (attempt - 1))
        return (floor_s or 0.0) + jitter


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks for (a number or an HTTP date), or None where it is no use."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, now or datetime.now(UTC))
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(http_date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
