"""How many retries a process may make: only as many as recent successes have earned."""

import threading
from dataclasses import dataclass, field

_CAPACITY = 10.0
_COST = 1.0
_EARNED = 0.2


@dataclass(slots=True)
class RetryBudget:
    """A bucket of retries, full at first; the rule is that of the "standard" retry mode of the AWS SDKs.

    A retry takes 1 out. A success at the first attempt puts 0.2 back, one after retries puts its last retry back. When
    ARM is dead the bucket empties after ten retries, and what is left is one attempt per call.
    """

    level: float = _CAPACITY
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def allows_retry(self) -> bool:
        """Whether a retry can be paid for."""
        return self.level >= _COST

    def spend(self) -> None:
        """Pay for a retry."""
        with self._lock:
            self.level = max(0.0, self.level - _COST)

    def earn(self, attempt: int) -> None:
        """Note a success at this attempt (the first is 1)."""
        with self._lock:
            self.level = min(_CAPACITY, self.level + (_EARNED if attempt == 1 else _COST))
