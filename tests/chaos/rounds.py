"""One round: a plan is played on a stack of its own, and what came of it is judged."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from local.functions_host import HostName
from tests.chaos.plan import (
    Act,
    Again,
    Answering,
    Delete,
    EndFaults,
    Fault,
    Freeze,
    Kill,
    Overwrite,
    Planned,
    Restart,
    Upload,
    plan,
)
from tests.chaos.verdict import Ending, unsettled, verdict
from tests.chaos.world import IMPORT_SECONDS, World
from tests.waiting import last_of

# A crash in the middle of a sync blocks its environment until the lease ends; then come back-offs.
RECOVERY_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a round was and what came of it; `recovery_s` is how long it took to come to rest."""

    seed: int
    seconds: float
    acts: Mapping[str, int]
    imports: int
    failed_imports: int
    sync_calls: int
    recovery_s: float
    violations: tuple[str, ...]
    logs: Path

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"seed {self.seed}, {self.seconds:g} s of acts, at rest {self.recovery_s:.1f} s later"
        yield "  acts: " + ", ".join(f"{kind} {count}" for kind, count in sorted(self.acts.items()))
        yield f"  sync calls: {self.sync_calls}, imports: {self.imports}, of them failed: {self.failed_imports}"
        yield f"  violations: {len(self.violations) or 'none'}"
        yield from (f"    {violation}" for violation in self.violations)
        if self.violations:
            yield f"  logs: {self.logs}"
            yield f"  again: python -m tests.chaos --seed {self.seed} --seconds {self.seconds:g}"


def play_round(seed: int, seconds: float, logs: Path, host: HostName) -> Report:
    """Play the plan of a seed."""
    acts = plan(seed, seconds)
    with World(logs, host) as world:
        for planned in _in_time(acts):
            _do(world, planned.act)
        world.wait_for_apps()
        faults_ended_at = time.monotonic()
        ending = _at_rest(world)
        return Report(
            seed=seed,
            seconds=seconds,
            acts=Counter(type(planned.act).__name__ for planned in acts),
            imports=len(ending.imports),
            failed_imports=sum(one.error is not None for one in ending.imports),
            sync_calls=world.sync_calls(),
            recovery_s=time.monotonic() - faults_ended_at,
            violations=tuple(verdict(ending)),
            logs=logs,
        )


def _in_time(acts: tuple[Planned, ...]) -> Iterator[Planned]:
    begun = time.monotonic()
    for planned in acts:
        time.sleep(max(0.0, begun + planned.at - time.monotonic()))
        yield planned


def _do(world: World, act: Act) -> None:
    match act:
        case Answering():
            world.answer_syncs(act.style)
        case Upload() | Overwrite() | Again():
            world.write(act.name, act.content)
        case Delete():
            world.delete(act.name)
        case Kill():
            world.kill(act.app)
        case Restart():
            world.start_app(act.app)
        case Freeze():
            world.freeze(act.part, act.seconds)
        case Fault():
            world.trouble(act.calls, act.trouble, act.times)
        case EndFaults():
            world.end_faults()


def _at_rest(world: World) -> Ending:
    """Wait until nothing is left to do, or for long enough."""
    ending = last_of(world.look, lambda ending: not unsettled(ending), RECOVERY_SECONDS)
    # The answer to a sync comes before the end of its import.
    time.sleep(2 * IMPORT_SECONDS)
    return replace(ending, imports=world.imports())
