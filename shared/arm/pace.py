"""Slowing down before ARM throttles: the rest of its bucket is in a header of every answer.

Source: "Request limits and throttling" of Azure Resource Manager: buckets per kind of operation, refilled all the time,
reads by 25 requests a second, writes and deletes by 10. A POST is a write.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
