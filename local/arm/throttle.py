"""ARM's token buckets: per principal and kind of operation, refilled all the time.

Source: "Request limits and throttling" of Azure Resource Manager, the model in use since 2024. A POST is a write.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["reads", "writes", "deletes"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How many requests fit into a bucket and how many are added per second."""

    capacity: int
    per_second: float


RULES: dict[Kind, Rule] = {"reads": Rule(250, 25), "writes": Rule(200, 10), "deletes": Rule(200, 10)}


def kind_of(method: str) -> Kind:
    """Return the bucket that a request of this method is taken from."""
    kinds: dict[str, Kind] = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
    return kinds.get(method, "writes")


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was left at a time."""

    level: float
    at: datetime

    def refilled(self, rule: Rule, now: datetime) -> "Bucket":
        """Return the bucket as it is `now`."""
        passed = max(0.0, (now - self.at).total_seconds())
        return Bucket(min(rule.capacity, self.level + passed * rule.per_second), now)

    def wait(self, rule: Rule) -> int:
        """Return 0 if one request can be taken, else the whole seconds until one can."""
        return max(0, math.ceil((1 - self.level) / rule.per_second))


@dataclass(slots=True)
class Throttle:
    """The buckets of all principals."""

    buckets: dict[tuple[str, Kind], Bucket] = field(default_factory=dict)

    def take(self, principal: str, kind: Kind, now: datetime) -> int:
        """Take one request out, or return the seconds to wait and take nothing."""
        bucket, rule = self._refilled(principal, kind, now), RULES[kind]
        wait = bucket.wait(rule)
        self.buckets[principal, kind] = bucket if wait else Bucket(bucket.level - 1, now)
        return wait

    def remaining(self, principal: str, kind: Kind, now: datetime) -> int:
        """Return how many requests are left."""
        return int(self._refilled(principal, kind, now).level)

    def _refilled(self, principal: str, kind: Kind, now: datetime) -> Bucket:
        full = Bucket(RULES[kind].capacity, now)
        return self.buckets.get((principal, kind), full).refilled(RULES[kind], now)
