"""The one back-off: full jitter over a span that doubles with each failure, on top of a floor.

Used by retries of calls, by syncs that failed and by notifications. Source of the formula: "Exponential Backoff And
Jitter", AWS Architecture Blog.
"""

from dataclasses import dataclass

# Far above every cap, and far below where a float would overflow.
_MOST_DOUBLINGS = 62


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waits that double from `base_s` up to `cap_s`, both in seconds."""

    base_s: float
    cap_s: float

    def wait_s(self, failures: int, jitter: float, floor_s: float = 0.0) -> float:
        """Return the seconds to wait after this number of failures in a row, at least `floor_s`.

        `jitter` is a random number from 0 to 1. It comes on top of the floor, so that callers with the same floor
        do not come back together.
        """
        return floor_s + jitter * min(self.cap_s, self.base_s * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
