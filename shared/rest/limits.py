"""How much a process may ask for: a budget of retries, and a pace that stays below the throttle."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_CAPACITY = 10.0
_COST = 1.0
_EARNED = 0.2


@dataclass(slots=True)
class RetryBudget:
    """A bucket of retries, full at first; the rule is that of the "standard" retry mode of the AWS SDKs.

    A retry takes 1 out. A success at the first attempt puts 0.2 back, one after retries puts its last retry back. When
    ARM is dead the bucket empties after ten retries, and what is left is one attempt per call. With a capacity of 0
    that is so from the beginning.
    """

    level: float = _CAPACITY
    capacity: float = _CAPACITY
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
            self.level = min(self.capacity, self.level + (_EARNED if attempt == 1 else _COST))


# Below this many requests a call waits until the bucket should be back here.
_LOW = 20
_REFILLED_PER_S = {"reads": 25.0, "writes": 10.0, "deletes": 10.0}
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


@dataclass(slots=True)
class Pace:
    """What the last answer of each kind said, and when; one per process, since ARM counts per identity.

    What was said is void after two seconds at most, so threads that overwrite each other do no harm.
    """

    clock: Callable[[], float]
    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)

    def note(self, method: str, quota: Mapping[str, int]) -> None:
        """Remember the smallest rest that an answer to this method told (subscription, tenant, or all instances)."""
        kind = _kind(method)
        rests = [rest for name, rest in quota.items() if name.endswith(kind)]
        if rests:
            self._seen[kind] = (min(rests), self.clock())

    def wait_s(self, method: str) -> float:
        """Return the seconds to wait before the next request with this method."""
        kind = _kind(method)
        rest, at = self._seen.get(kind, (_LOW, 0.0))
        return max(0.0, (_LOW - rest) / _REFILLED_PER_S[kind] - (self.clock() - at))


def _kind(method: str) -> str:
    return _KINDS.get(method, "writes")
