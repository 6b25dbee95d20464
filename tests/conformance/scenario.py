"""A row of the table: what is done to a host, and what has to come of it, whichever host it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.conformance.hosts import Host


@dataclass(frozen=True)
class Scenario:
    """`act` does something to a host and returns what was seen.

    With `alone` it gets a host of its own that is not started yet, with `settings`; otherwise one that many share, and
    that polls for blobs if the scenario is `polled`: the source of one blob function is that of all.
    A slow one, for what takes a host its time or what other tests ask of the stand-in, is left out where only the
    stand-in is tested.
    """

    name: str
    act: Callable[[Host], object]
    expected: object
    alone: bool = False
    slow: bool = False
    polled: bool = False
    settings: dict[str, str] = field(default_factory=dict)
