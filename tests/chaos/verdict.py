"""Whether the promises held: a pure function of what there is when all has come to rest.

Two clocks are compared. The storage's `Last-Modified` is the second in which a version was written, the emulator's
`started_at` is exact. An import counts for a version if it holds the version's bytes and did not begin before that
second; one that began in that very second counts, since it holds what was written then.

A file may come back to bytes that it had before. If no other bytes were imported in between, there was nothing to do:
then the last import counts too, if it began after the bytes were first written.

Imports are compared with each other by one exact clock, so there is no leeway.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from shared.sync.state import RouteState


@dataclass(frozen=True, slots=True)
class Version:
    """The last version of a file that is there; times are the storage's, whole seconds.

    `first_written` is when the file had these bytes for the first time.
    """

    name: str
    md5: str
    written: datetime
    first_written: datetime


@dataclass(frozen=True, slots=True)
class Import:
    """An import that is over; `files` are the MD5s of what it read, by name."""

    environment: str
    started: datetime
    finished: datetime
    files: Mapping[str, str]
    error: str | None = None

    def holds(self, version: Version, since: datetime) -> bool:
        """Whether it began no earlier than `since` and read the version's bytes."""
        return self.started >= since and self.files.get(version.name) == version.md5


@dataclass(frozen=True, slots=True)
class Ending:
    """What there is at the end: `wake_ups` counts the messages of the queue, also those that are not visible."""

    versions: Sequence[Version]
    imports: Sequence[Import]
    state: RouteState
    wake_ups: int


def unsettled(ending: Ending) -> list[str]:
    """Return what time may still fix, a sentence each: changes that no import has, and work that is not done."""
    return [*_not_imported(ending), *work_left(ending)]


def overlaps(imports: Sequence[Import]) -> list[str]:
    """Return a sentence for every import that began while another one of its environment ran."""
    by_environment: dict[str, list[Import]] = defaultdict(list)
    for one in sorted(imports, key=lambda each: each.started):
        by_environment[one.environment].append(one)
    return [sentence for ordered in by_environment.values() for sentence in _overlaps_of_one(ordered)]


def verdict(ending: Ending) -> list[str]:
    """Return every violation, a sentence each."""
    return [*unsettled(ending), *overlaps(ending.imports)]


def differences(folder: Mapping[str, str], job: Mapping[str, str], foreign: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for every file of a Fabric job that is not as it has to be; all are path -> MD5.

    The job has to hold exactly the files of the folder, and those of others exactly as they were put there.
    """
    wanted = {**folder, **foreign}
    for path in sorted(wanted.keys() | job.keys()):
        owner = "another client's file" if path in foreign else "the folder's file"
        if path not in job:
            yield f"{path}: {owner} is missing in the job"
        elif path not in wanted:
            yield f"{path}: it is in the job, though the folder does not have it"
        elif job[path] != wanted[path]:
            yield f"{path}: {owner} has MD5 {wanted[path]}, the job has {job[path]}"


def two_writers(writers: Sequence[str], in_flight: int) -> Iterator[str]:
    """Yield a sentence for every two writers of a job that wrote side by side; `writers` has the one of each call.

    One that was stopped does not know that its lease has ended: it may finish the `in_flight` calls that it had begun.
    """
    for one, other in combinations(dict.fromkeys(writers), 2):
        pair = [writer for writer in writers if writer in {one, other}]
        late = pair[pair.index(other) :].count(one)
        early = pair[::-1][pair[::-1].index(one) :].count(other)
        if min(late, early) > in_flight:
            yield f"two workers wrote side by side: {one} made {late} calls after {other} had begun"


def _not_imported(ending: Ending) -> Iterator[str]:
    done = sorted((one for one in ending.imports if one.error is None), key=lambda each: each.started)
    for version in ending.versions:
        came_back = any(one.holds(version, version.first_written) for one in done[-1:])
        if not came_back and not any(one.holds(version, version.written) for one in done):
            yield (
                f"{version.name}: its last version {version.md5}, written at {version.written:%H:%M:%S}, "
                f"is in no import that started since"
            )
    there = {version.name for version in ending.versions}
    yield from (
        f"{name}: it is gone, but in the last import" for one in done[-1:] for name in one.files if name not in there
    )


def work_left(ending: Ending) -> Iterator[str]:
    """Yield a sentence for everything that the relay still has to do, or could not do."""
    state = ending.state
    if state.pending:
        yield f"a wake-up is armed since {state.pending.since:%H:%M:%S}, due {state.pending.due:%H:%M:%S}"
    if state.burst_since:
        yield f"a burst is waited out since {state.burst_since:%H:%M:%S}"
    if state.failure:
        yield f"a failure is on record: {state.failure.code}, {state.failure.count} in a row"
    if state.held:
        yield f"a change is held: {state.held.reason}"
    if state.operation:
        yield f"a sync is followed until {state.operation.give_up_at:%H:%M:%S}"
    if state.requested:
        yield f"a sync is asked for since {state.requested.at:%H:%M:%S}"
    if ending.wake_ups:
        yield f"{ending.wake_ups} wake-ups are in the queue"


def _overlaps_of_one(ordered: Sequence[Import]) -> Iterator[str]:
    longest: Import | None = None
    for one in ordered:
        if longest and one.started < longest.finished:
            yield (
                f"{one.environment}: the import of {one.started:%H:%M:%S.%f} began while that of "
                f"{longest.started:%H:%M:%S.%f} ran until {longest.finished:%H:%M:%S.%f}"
            )
        longest = one if longest is None or one.finished > longest.finished else longest
