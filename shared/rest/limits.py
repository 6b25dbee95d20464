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


# From this many requests left on, those of a process keep a distance, which grows in proportion up to so many seconds
# when none is left: 40 processes then send 5 a second, half of what a bucket of writes is refilled with.
_AT_FULL_SPEED = 100
_WIDEST_S = 8.0
# In seconds: a turn that is no further off than that has come.
_AT_ONCE = 0.001
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


@dataclass(slots=True)
class Pace:
    """Lets the requests of a process take turns, further and further apart the less ARM has left for them.

    One per process, since ARM counts per identity: what an answer tells is what all processes have left together.
    Source: "Request limits and throttling" of Azure Resource Manager (token buckets for reads, writes and deletes).
    """

    clock: Callable[[], float]
    _left: dict[str, int] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, method: str, quota: Mapping[str, int]) -> None:
        """Remember the smallest rest that an answer to this method told (subscription, tenant, or all instances).

        An answer without one is from a service that keeps no such count: then there is nothing to save.
        """
        kind = _kind(method)
        rests = [rest for name, rest in quota.items() if name.endswith(kind)]
        self._left[kind] = min(rests, default=_AT_FULL_SPEED)

    def used_up(self, method: str) -> None:
        """Remember that nothing is left for this method, until the next answer."""
        self._left[_kind(method)] = 0

    def turn(self, method: str) -> float:
        """Take the turn of a request with this method and return 0, or return the seconds until it may be asked for."""
        kind = _kind(method)
        with self._lock:
            now = self.clock()
            wait_s = self._next.get(kind, now) - now
            if wait_s > _AT_ONCE:
                return wait_s
            self._next[kind] = now + self._distance_s(kind)
            return 0.0

    def _distance_s(self, kind: str) -> float:
        missing = max(0, _AT_FULL_SPEED - self._left.get(kind, _AT_FULL_SPEED))
        return _WIDEST_S * missing / _AT_FULL_SPEED


def _kind(method: str) -> str:
    return _KINDS.get(method, "writes")
