"""What will happen in a round, and when: a pure function of its seed and length."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Literal

APPS = 3
NAMES = (
    *(f"dags/dag_{n}.py" for n in range(5)),
    *(f"dags/team/part_{n}.py" for n in range(2)),
    "plugins/operators.py",
    "requirements.txt",
)
# An import of an empty folder is held back on purpose, so a plan does not empty it.
FEWEST_FILES = 3

# How long storage and ARM may be frozen, and for how long not again: an import takes so much longer, no more.
LONGEST_FREEZE = 1.0
BETWEEN_FREEZES = 4.0
# An app may sleep through the lock of its message, not through its lease.
LONGEST_APP_FREEZE = 5.0

# How a round may end: calm, so that all is synced, then a change, and its undoing when ADF has imported the change and
# no process is left that knows.
CALM = 9.0
RETURN_AFTER = 6.0
DOWN = 1.0
SHORTEST_WITH_RETURN = 30.0

Part = int | Literal["storage", "arm"]
SyncStyle = Literal["accepted", "async-operation", "location"]
SYNC_STYLES: tuple[SyncStyle, ...] = ("accepted", "async-operation", "location")
Trouble = Literal["throttled", "unavailable", "reset before", "reset after", "slow"]
# How often in a row a trouble may come: the caller gives up after six attempts, and the relay backs off.
TROUBLES: dict[Trouble, int] = {"throttled": 3, "unavailable": 7, "reset before": 3, "reset after": 2, "slow": 2}


@dataclass(frozen=True, slots=True)
class Answering:
    """From now on, ADF accepts syncs in this way: with nothing to follow, or with an operation."""

    style: SyncStyle


@dataclass(frozen=True, slots=True)
class Upload:
    """A new file; a content number stands for the same bytes everywhere."""

    name: str
    content: int


@dataclass(frozen=True, slots=True)
class Overwrite:
    """Other bytes for a file: new ones, or some that it had before."""

    name: str
    content: int


@dataclass(frozen=True, slots=True)
class Again:
    """The bytes that the file has already: an event, but no change."""

    name: str
    content: int


@dataclass(frozen=True, slots=True)
class Delete:
    """The file goes."""

    name: str


@dataclass(frozen=True, slots=True)
class Kill:
    """`kill -9` of an app process."""

    app: int


@dataclass(frozen=True, slots=True)
class Restart:
    """A killed app process is started again."""

    app: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """SIGSTOP, and SIGCONT after so many seconds; `part` is the number of an app process, or another part."""

    part: Part
    seconds: float


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `times` calls run into trouble: those for a sync, or all."""

    calls: Literal["sync", "any"]
    trouble: Trouble
    times: int


@dataclass(frozen=True, slots=True)
class EndFaults:
    """No more faults."""


Act = Answering | Upload | Overwrite | Again | Delete | Kill | Restart | Freeze | Fault | EndFaults


@dataclass(frozen=True, slots=True)
class Planned:
    """An act and its time, in seconds since the begin of the round."""

    at: float
    act: Act


def plan(seed: int, seconds: float) -> tuple[Planned, ...]:
    """Return what happens, in order; when it is over, every process runs and ARM is well."""
    return tuple(sorted(_Planner(Random(seed), seconds).acts(), key=lambda planned: planned.at))  # noqa: S311 - a seed


@dataclass
class _Planner:
    """`contents` are all that a file ever had, the present one last; `busy_until` is when a part can be hit again."""

    random: Random
    end: float
    present: set[str] = field(default_factory=set)
    contents: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    busy_until: dict[Part, float] = field(default_factory=lambda: defaultdict(float))
    last_content: int = 0

    def acts(self) -> Iterator[Planned]:
        yield Planned(0.0, Answering(self.random.choice(SYNC_STYLES)))
        there_and_back = self.end >= SHORTEST_WITH_RETURN and self.random.random() < 0.5
        end_of_random = self.end - CALM - RETURN_AFTER - DOWN if there_and_back else self.end
        at = self._gap()
        while at < end_of_random:
            yield from self._next(at)
            at += self._gap()
        if there_and_back and self.present:
            yield Planned(end_of_random, EndFaults())
            yield from self._there_and_back(end_of_random + CALM)
        yield Planned(self.end, EndFaults())

    def _there_and_back(self, at: float) -> Iterator[Planned]:
        """Change a folder that is synced, let ADF import that, lose every answer and every process, change it back."""
        name = self.random.choice(sorted(self.present))
        before = self.contents[name][-1]
        yield Planned(at, Fault("sync", "reset after", 7))
        yield Planned(at, Overwrite(name, self.last_content + 1))
        yield from (Planned(at + RETURN_AFTER, Kill(app)) for app in range(APPS))
        yield Planned(at + RETURN_AFTER, Overwrite(name, before))
        yield from (Planned(self.end, Restart(app)) for app in range(APPS))

    def _gap(self) -> float:
        """Bursts, and between them pauses that are longer than the quiet window."""
        return self.random.uniform(2.5, 5.0) if self.random.random() < 0.12 else self.random.expovariate(1 / 0.2)

    def _next(self, at: float) -> Iterator[Planned]:
        kinds = (self._change, self._kill, self._freeze, self._fault)
        yield from self.random.choices(kinds, weights=(52, 20, 10, 18))[0](at)

    def _change(self, at: float) -> Iterator[Planned]:
        name = self.random.choice(NAMES)
        if name not in self.present:
            self.present.add(name)
            yield Planned(at, Upload(name, self._content(name)))
        elif len(self.present) > FEWEST_FILES and self.random.random() < 0.2:
            self.present.remove(name)
            yield Planned(at, Delete(name))
        elif self.random.random() < 0.1:
            yield Planned(at, Again(name, self.contents[name][-1]))
        else:
            yield Planned(at, Overwrite(name, self._content(name)))

    def _content(self, name: str) -> int:
        """Return new content, or content that the file had before, which may be the content that was imported last."""
        had = self.contents[name]
        earlier = [content for content in had if content != had[-1]]
        if earlier and self.random.random() < 0.3:
            content = self.random.choice(earlier[-2:])
        else:
            self.last_content += 1
            content = self.last_content
        had.append(content)
        return content

    def _kill(self, at: float) -> Iterator[Planned]:
        app = self.random.randrange(APPS)
        if self.busy_until[app] > at:
            return
        restart = min(at + self.random.uniform(0.2, 4.0), self.end)
        self.busy_until[app] = restart
        yield Planned(at, Kill(app))
        yield Planned(restart, Restart(app))

    def _freeze(self, at: float) -> Iterator[Planned]:
        """Freeze an app for as long as its message's lock, or another part for so short that an import still fits."""
        part: Part = self.random.choice((*range(APPS), "storage", "arm"))
        if self.busy_until[part] > at:
            return
        longest = LONGEST_FREEZE if isinstance(part, str) else LONGEST_APP_FREEZE
        seconds = min(self.random.uniform(0.2, longest), self.end - at)
        if isinstance(part, str):
            self.busy_until[part] = at + seconds + BETWEEN_FREEZES
        yield Planned(at, Freeze(part, seconds))

    def _fault(self, at: float) -> Iterator[Planned]:
        trouble = self.random.choice(tuple(TROUBLES))
        calls: Literal["sync", "any"] = self.random.choice(("sync", "sync", "any"))
        yield Planned(at, Fault(calls, trouble, self.random.randint(1, TROUBLES[trouble])))
