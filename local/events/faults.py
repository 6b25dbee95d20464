"""What goes wrong on the way of an event, on request: it is lost, comes twice, or is overtaken by later ones."""

from dataclasses import dataclass, fields
from random import Random

LONGEST_DELAY_S = 3.0


@dataclass(frozen=True, slots=True)
class Faults:
    """How likely each fault is for one event on its way to one subscription, from 0 to 1."""

    duplicate: float = 0.0
    reorder: float = 0.0
    lose: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Read `duplicate=0.2,reorder=0.2,lose=0.1` or a part of it; raise ValueError for anything else."""
        names = [field.name for field in fields(cls)]
        given: dict[str, float] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            if name not in names or not _is_probability(value):
                raise ValueError(f"expected {', '.join(names)}, each with a number from 0 to 1, got {part!r}")
            given[name] = float(value)
        return cls(**given)

    def __str__(self) -> str:
        return ",".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    def delays(self, random: Random) -> tuple[float, ...]:
        """Return after how many seconds the event is delivered, once for each time that it is."""
        if random.random() < self.lose:
            return ()
        times = 2 if random.random() < self.duplicate else 1
        return tuple(
            random.uniform(0, LONGEST_DELAY_S) if random.random() < self.reorder else 0.0 for _ in range(times)
        )


def _is_probability(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
