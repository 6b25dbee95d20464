"""The policies: from the writes of a burst to the times at which `airflow/sync` is called.

All are told of a write after the same delay, and all see a listing of the folder as it is. Ours is the relay itself, on
storage in memory and a simulated clock.
"""

from dataclasses import dataclass, field

from benchmarks.burst.bursts import Burst
from tests.model.simulation import Simulation
from tests.model.storage import Blob
from tests.model.tape import Tape

# From a write to the trigger's run: what Event Grid needs, roughly.
DELIVERY_S = 1.0
# How often the queue trigger looks, at most (host.json).
QUEUE_POLL_S = 2.0
_STEP_S = 0.25
_CALM_S = 400.0


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


def relay(burst: Burst, phase: float) -> Outcome:
    """The relay with its default settings, a process for the events and one for the queue, whose poll is at `phase`."""
    simulation = Simulation(Tape(b""), workers=2)
    cloud, (notified, looking) = simulation.cloud, simulation.workers
    writes = list(burst)
    told = [(write.at + DELIVERY_S, write.events) for write in burst]
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
