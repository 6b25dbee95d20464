"""Fabric's unified quota: so many calls a minute for each identity, in fixed windows that refill at once.

Source: "Throttling" of the Fabric REST API, with three buckets. Operations and their results come from a bucket of
their own; no call of the emulator belongs to the third, the job scheduler's.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

WINDOW_SECONDS = 60
Bucket = Literal["platform", "operations"]


@dataclass(slots=True)
class Quota:
    """What each identity has used of a bucket, and in which window."""

    used: dict[tuple[str, Bucket], tuple[int, int]] = field(default_factory=dict)

    def take(self, identity: str, bucket: Bucket, limit: int, now: datetime) -> int:
        """Count one call, or return the whole seconds until the window ends and count nothing; `limit` 0 is none."""
        window, passed = divmod(int(now.timestamp()), WINDOW_SECONDS)
        last, used = self.used.get((identity, bucket), (window, 0))
        used = used if last == window else 0
        if limit and used >= limit:
            return WINDOW_SECONDS - passed
        self.used[identity, bucket] = (window, used + 1)
        return 0
