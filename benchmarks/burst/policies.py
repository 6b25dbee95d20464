"""The policies: from the writes of a burst to the times at which `airflow/sync` is called.

All are told of a write after the same delay, and all see a listing of the folder as it is. Ours is the relay itself, on
storage in memory and a simulated clock.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.burst.bursts import Burst
from tests.model.simulation import Simulation
from tests.model.storage import Blob
from tests.model.tape import Tape

# From a write to the trigger's run: what Event Grid needs, roughly.
DELIVERY_S = 1.0
# How often a host that polls lists a container, at most; it then runs the trigger once for each new version.
SCAN_S = 10.0
# How often the queue trigger looks, at most (host.json).
QUEUE_POLL_S = 2.0
_STEP_S = 0.25
_CALM_S = 100.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """When the sync calls were made; storage requests where they were counted."""

    calls: tuple[float, ...]
    storage_requests: int | None = field(default=None)


def per_event(burst: Burst, _phase: float) -> Outcome:
    """A function that calls ADF whenever it is told of a write."""
    return Outcome(tuple(write.at + DELIVERY_S for write in burst for _ in range(write.events)))


def polling(every_s: float, burst: Burst, phase: float) -> Outcome:
    """A timer that calls ADF if anything was written since it last looked; `phase`, 0 to 1, is where it stands."""
    looks = [(n + phase) * every_s for n in range(int((burst[-1].at + 2 * every_s) / every_s) + 1)]
    spans = zip([-1.0, *looks], looks, strict=False)
    return Outcome(tuple(end for start, end in spans if any(start < write.at <= end for write in burst)))


def by_events(burst: Burst, _phase: float) -> list[tuple[float, int]]:
    """Return when an event tells of each write, and how often."""
    return [(write.at + DELIVERY_S, write.events) for write in burst]


def by_scans(burst: Burst, phase: float) -> list[tuple[float, int]]:
    """Return when a host that polls finds new versions, and of how many files; `phase` is where its timer stands."""
    scans = {(math.ceil(write.at / SCAN_S - phase) + phase, write.file) for write in burst}
    return sorted((scan * SCAN_S, files) for scan, files in Counter(scan for scan, _ in scans).items())


def relay(told_of: Callable[[Burst, float], list[tuple[float, int]]], burst: Burst, phase: float) -> Outcome:
    """The relay with its default settings, a process for the triggers and one for the queue, whose poll is at `phase`.

    The checks read what changed after each sync (`warn`); their requests are counted.
    """
    simulation = Simulation(Tape(b""), workers=2)
    cloud, (notified, looking) = simulation.cloud, simulation.workers
    writes = list(burst)
    told = told_of(burst, phase)
    next_poll = phase * QUEUE_POLL_S
    while cloud.now < burst[-1].at + _CALM_S:
        while writes and writes[0].at <= cloud.now:
            write = writes.pop(0)
            cloud.folder[write.file] = Blob(f"md5:{write.at}", write.at, f"etag-{write.at}")
        while told and told[0][0] <= cloud.now:
            _, events = told.pop(0)
            for _ in range(events):
                notified.begin(notified.notice)
                simulation.finish(notified)
        if cloud.now >= next_poll:
            next_poll += QUEUE_POLL_S
            if looking.busy is None:
                simulation.receive(looking)
        while looking.can_go_on:
            looking.resume()
        simulation.advance(_STEP_S)
    return Outcome(tuple(one.began for one in cloud.imports), cloud.calls)
