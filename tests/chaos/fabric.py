"""Chaos for a Fabric job: 300 files, three app processes that are killed or stopped in the middle of pushes.

In the end the job is exactly equal to the folder, and no two workers have written side by side.
What happens is fixed by a seed; when a process is struck depends on how far the push has come, not on the time.
"""

import hashlib
import json
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal

from local.arm.identity import token
from local.fabric.state import JOB, WORKSPACE
from local.functions_host import HostName
from local.ports import LOOPBACK
from shared.targets.fabric import AT_ONCE
from shared.targets.fabric_service import ENDPOINT
from tests.chaos.plan import APPS
from tests.chaos.rounds import RECOVERY_SECONDS
from tests.chaos.verdict import differences, two_writers, work_left
from tests.chaos.world import LEASE_S, World
from tests.waiting import last_of, until

FILES = 300
STRIKES = 4
# Shares of the files that change in each strike after the first, which brings all of them.
_OVERWRITTEN, _REPLACED = 60, 20
# How long a call that changes the job takes, so that a push lasts for some seconds.
_DELAY_S = 0.05
_PATIENCE_S = 120.0
_ROUTE = {"name": "default", "target": "fabric", "workspace": WORKSPACE, "job": JOB, "folder": "airflow-files/airflow"}
_SETTINGS = {"RELAY_ROUTES": json.dumps([_ROUTE])}
_FOREIGN = {"dags/theirs.py": b"theirs = 1\n", "dags/t0/theirs.py": b"theirs = 2\n", "plugins/theirs.py": b""}
_CHANGING = frozenset({"PUT", "DELETE"})

# Stopped ones go on once the lease has ended, the second and third of them beside the push that the first has begun.
Blow = Literal["killed", "stopped"]
Trouble = Literal["throttled", "answer lost"]
_ANSWERS: dict[Trouble, dict[str, Any]] = {
    "throttled": {
        "status": 429,
        "headers": {"Retry-After": "1"},
        "body": {"errorCode": "RequestBlocked", "message": "Later."},
    },
    "answer lost": {"reset": "after"},
}


@dataclass(frozen=True, slots=True)
class Strike:
    """Files change; once so many calls have changed the job, app processes are struck, and are back later."""

    writes: tuple[tuple[str, int], ...]
    deletions: tuple[str, ...]
    trouble: Trouble
    after_calls: int
    blow: Blow
    apps: tuple[int, ...]
    away_s: float


def plan(seed: int, strikes: int = STRIKES) -> tuple[Strike, ...]:
    """Return what happens; the first strike brings 300 files."""
    random = Random(seed)  # noqa: S311 - a seed
    names = [f"dags/t{number % 12}/{number}.py" for number in range(FILES - 20)]
    names += [f"plugins/{number}.py" for number in range(20)]
    found = [_strike(random, [(name, number) for number, name in enumerate(names)], [])]
    for number in range(1, strikes):
        random.shuffle(names)
        content = number * 10_000
        gone, names = names[:_REPLACED], names[_REPLACED:]
        fresh = [f"dags/new{number}/{place}.py" for place in range(_REPLACED)]
        changed = [*fresh, *names[:_OVERWRITTEN]]
        names += fresh
        found.append(_strike(random, [(name, content + place) for place, name in enumerate(changed)], gone))
    return tuple(found)


def _strike(random: Random, writes: Sequence[tuple[str, int]], deletions: Sequence[str]) -> Strike:
    blow: Blow = random.choice(("killed", "stopped"))
    apps = random.sample(range(APPS), APPS if blow == "stopped" else random.choice((1, 2, APPS, APPS)))
    away_s = random.uniform(0.2, 3.0) + (LEASE_S if blow == "stopped" else 0)
    after_calls = random.randint(1, (len(writes) + len(deletions)) // 2)
    trouble: Trouble = random.choice(("throttled", "throttled", "answer lost"))
    return Strike(tuple(writes), tuple(deletions), trouble, after_calls, blow, tuple(apps), away_s)


@dataclass(frozen=True, slots=True)
class Report:
    """What a round was; `blows` has one for each strike, `mid_push` counts those that left a push unfinished."""

    seed: int
    blows: tuple[str, ...]
    mid_push: int
    files: int
    calls: int
    writers: int
    recovery_s: float
    violations: tuple[str, ...]
    logs: Path

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"seed {self.seed}, {self.files} files, at rest {self.recovery_s:.1f} s after the last strike"
        yield f"  strikes: {', '.join(self.blows)}; {self.mid_push} of them in the middle of a push"
        yield f"  calls that changed the job: {self.calls}, by {self.writers or 'unknown'} workers"
        yield f"  violations: {len(self.violations) or 'none'}"
        yield from (f"    {violation}" for violation in self.violations)
        if self.violations:
            yield f"  logs: {self.logs}"
            yield f"  again: python -m tests.chaos --fabric --seed {self.seed}"


class FabricWorld(World):
    """The stack of the chaos test with one route, into the emulated job, which also holds files of another client."""

    def __init__(self, logs: Path, host: HostName) -> None:
        super().__init__(logs, host, _SETTINGS)

    def prepare(self) -> None:
        """Lift the quota, and put the files of another client into the job."""
        self._post("settings", {"fabric_quota": 0})
        files = f"http://{LOOPBACK}:{self._arm_port}/v1/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}/files"
        bearer = token(ENDPOINT, "another client", int(time.time()), int(time.time()) + 3600)
        for path, content in _FOREIGN.items():
            url = f"{files}/{path}?beta=true"
            headers = {"Authorization": f"Bearer {bearer}"}
            self._session.put(url, data=content, headers=headers, timeout=30).raise_for_status()

    def slow_down(self, trouble: Trouble | None = None) -> None:
        """Let every change of the job take a moment, and the next one run into trouble."""
        self.end_faults()
        if trouble:
            self._post("faults", {"match": {"method": "PUT", "path_contains": "/files/"}, "answer": _ANSWERS[trouble]})
        for method in sorted(_CHANGING):
            match = {"method": method, "path_contains": "/files/"}
            self._post("faults", {"match": match, "times": None, "answer": {"delay_s": _DELAY_S}})

    def change(self, strike: Strike) -> None:
        """Write and delete files as the strike says."""
        for name, content in strike.writes:
            self.write(name, content)
        for name in strike.deletions:
            self.delete(name)

    def calls(self) -> int:
        """Return how many calls of the relay have changed the job, or tried to."""
        return len(self._changes())

    def writers(self) -> list[str]:
        """Return the run of a function that each of these calls comes from, as far as the host gives runs a trace."""
        traces = [change["headers"].get("traceparent") for change in self._changes()]
        return [trace.split("-")[1] for trace in traces if trace]

    def _changes(self) -> list[dict[str, Any]]:
        changes = [call for call in self._get("journal") if call["method"] in _CHANGING and "/files/" in call["path"]]
        return changes[len(_FOREIGN) :]

    def differences(self) -> list[str]:
        """Return how the job differs from the folder and the files of the other client."""
        job = {file["path"]: file["md5"] for file in self._get(f"fabric/jobs/{JOB}/files")}
        folder = {version.name.partition("/")[2]: version.md5 for version in self._last.values()}
        return list(differences(folder, job, {path: _md5(content) for path, content in _FOREIGN.items()}))


def play_round(seed: int, logs: Path, host: HostName, strikes: int = STRIKES) -> Report:
    """Play the strikes of a seed, wait until all is at rest, and judge."""
    planned = plan(seed, strikes)
    with FabricWorld(logs, host) as world:
        world.prepare()
        mid_push = sum(_play(world, strike) for strike in planned)
        world.slow_down()
        world.wait_for_apps()
        faults_ended_at = time.monotonic()
        violations = _at_rest(world)
        writers = world.writers()
        return Report(
            seed=seed,
            blows=tuple(f"{len(strike.apps)} {strike.blow}" for strike in planned),
            mid_push=mid_push,
            files=len(world.look().versions),
            calls=world.calls(),
            writers=len(set(writers)),
            recovery_s=time.monotonic() - faults_ended_at,
            violations=(*violations, *two_writers(writers, AT_ONCE)),
            logs=logs,
        )


def _play(world: FabricWorld, strike: Strike) -> bool:
    """Strike; return whether the push was in its middle."""
    before = world.calls()
    world.slow_down(strike.trouble)
    world.change(strike)
    until(lambda: world.calls() - before >= strike.after_calls, "the push of a strike", _PATIENCE_S)
    for app in strike.apps:
        world.kill(app) if strike.blow == "killed" else world.signal(app, signal.SIGSTOP)
    is_unfinished = bool(world.differences())
    time.sleep(strike.away_s)
    if strike.blow == "killed":
        for app in strike.apps:
            world.start_app(app)
    else:
        _let_go_on(world, strike.apps)
    return is_unfinished


def _let_go_on(world: FabricWorld, apps: Sequence[int]) -> None:
    """Let stopped processes go on: one, and the others as soon as it writes more than it had begun before."""
    first, *others = apps
    before = world.calls()
    world.signal(first, signal.SIGCONT)
    until(lambda: world.calls() - before > AT_ONCE, "another push", _PATIENCE_S)
    for app in others:
        world.signal(app, signal.SIGCONT)


def _at_rest(world: FabricWorld) -> list[str]:
    """Wait until the job is as it has to be and nothing is left to do; return what is wrong after long enough."""
    return last_of(lambda: _wrong(world), lambda wrong: not wrong, RECOVERY_SECONDS)


def _wrong(world: FabricWorld) -> list[str]:
    return [*work_left(world.look()), *world.differences()]


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
