"""How long to wait between polls of a queue (RandomizedExponentialBackoffStrategy of the WebJobs SDK)."""

import random
from collections.abc import Callable
from dataclasses import dataclass

SHORTEST = 0.1
_LOWEST_FACTOR, _HIGHEST_FACTOR = 0.8, 1.2


@dataclass(slots=True)
class Backoff:
    """Waits, in seconds, that double while polls find nothing and fall back to the shortest when one does."""

    longest: float
    factor: Callable[[float, float], float] = random.uniform
    _empty_polls: int = 0

    def next(self, *, found: bool) -> float:
        """Return the wait after a poll."""
        if found:
            self._empty_polls = 0
            return SHORTEST
        # A poll more often than this makes no longer wait, and a power that large would make none at all.
        self._empty_polls = min(self._empty_polls + 1, 32)
        step = SHORTEST * 2.0 ** (self._empty_polls - 1) * self.factor(_LOWEST_FACTOR, _HIGHEST_FACTOR)
        return min(max(step, SHORTEST), max(self.longest, SHORTEST))
