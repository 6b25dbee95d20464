"""One budget of time for everything that a request needs, however many calls that takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time on a monotonic clock, in its seconds."""

    clock: Callable[[], float]
    ends: float

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float]) -> Self:
        """Begin a budget of `seconds`."""
        return cls(clock, clock() + seconds)

    @property
    def left_s(self) -> float:
        """The seconds that are left, 0 when the time is over; a call with none left is not made."""
        return max(0.0, self.ends - self.clock())
