"""The adversary: a tape of bytes that decides everything. Where it ends, every decision is the harmless one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Tape:
    """Bytes that are read once, in order."""

    content: bytes
    position: int = 0

    @property
    def is_over(self) -> bool:
        return self.position >= len(self.content)

    def byte(self) -> int:
        if self.is_over:
            return 0
        self.position += 1
        return self.content[self.position - 1]

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the harmless one."""
        return options[self.byte() % len(options)]

    def happens(self, one_in: int) -> bool:
        """Whether something bad happens that happens once in so many times."""
        return self.byte() % one_in == one_in - 1
