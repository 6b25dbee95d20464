"""What has to be sent to a job, and in which order: pure, from what it should hold and what it is known to hold.

Names are those of blobs; paths are those of the job, `dags/…` and `plugins/…`. Order: what stands in the way, plugins,
folders below `dags`, the files at its top, deletions; of each, changed files before new ones. So a new DAG finds what
it imports.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

# "Maximum 2 MB" in the specification; which megabyte is not known.
LARGEST_PUT = 2 * 1024 * 1024
FOLDERS = ("dags", "plugins")
# What a client swallows when it normalises a path.
_SWALLOWED = frozenset({"", ".", ".."})

Kind = Literal["put", "delete", "forget"]


@dataclass(frozen=True, slots=True)
class Step:
    """One file to send or to delete; `forget` only notes that it is gone, because another file has its path now."""

    kind: Kind
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class PushPlan:
    """Stages, each to be over before the next begins, and the files that cannot be sent, each with a sentence."""

    stages: tuple[tuple[Step, ...], ...]
    not_sendable: Mapping[str, str]


def job_path(inside: str, *, in_dags: bool) -> str | None:
    """Return the job's path of a file by its path inside the folder, None for what is no file of the job.

    `in_dags` is for a container that is itself named `dags` and holds the files. Beside the two folders there is
    `requirements.txt` only, which a job has no place for.
    """
    first, slash, below = inside.partition("/")
    if slash and first.lower() in FOLDERS:
        return f"{first.lower()}/{below}"
    return f"dags/{inside}" if in_dags else None


def plan(
    paths: Mapping[str, str],
    wanted: Mapping[str, str | None],
    held: Mapping[str, str | None],
    new: Container[str],
    *,
    deletes: bool,
) -> PushPlan:
    """Return what leads from `held` to `wanted`, both name -> content, None in `held` for what is unclear.

    Without `deletes` nothing is deleted.

    `paths` has the job's path of each name that is a file of the job; other names are left out. `new` are the names
    that the job has not had before.
    """
    not_sendable = dict(_without_place([name for name in wanted if name in paths], paths))
    sent = {name for name in wanted if name in paths and name not in not_sendable}
    taken = {paths[name] for name in sent}
    puts = [Step("put", name, paths[name]) for name in sent if name not in held or held[name] != wanted[name]]
    never_sent = {name for name in not_sendable if name in new}
    ours = [name for name in held if name in paths and name not in sent and name not in never_sent]
    gone = [name for name in ours if deletes or paths[name] in taken]
    removals = [Step("forget" if paths[name] in taken else "delete", name, paths[name]) for name in sorted(gone)]
    folders = {above for path in taken for above in _above(path)}
    in_the_way = [step for step in removals if step.path in folders or not taken.isdisjoint(_above(step.path))]
    last = set(removals) - set(in_the_way)
    stages = (in_the_way, *_in_order(puts, new), [step for step in removals if step in last])
    return PushPlan(tuple(tuple(stage) for stage in stages if stage), not_sendable)


def why_not(path: str, content: bytes) -> str | None:
    """Return why a file cannot be sent as it is, None where it can; nothing is re-encoded."""
    if not _SWALLOWED.isdisjoint(path.split("/")):
        return "a path with an empty part, '.' or '..', which no URL can have"
    if len(content) > LARGEST_PUT:
        return f"larger than the {LARGEST_PUT} bytes that Fabric takes"
    if path.lower().endswith(".py"):
        try:
            content.decode()
        except UnicodeDecodeError:
            return "not encoded in UTF-8, as Fabric wants text to be"
    return None


def folder_of(path: str) -> str:
    """Return the folder that a file of the job lies in."""
    return path.rpartition("/")[0]


def _without_place(names: Iterable[str], paths: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files that have the path of another one, which blob storage allows and a job does not."""
    owners: dict[str, str] = {}
    # The spelling of the job wins: `dags/a.py` before `Dags/a.py`.
    for name in sorted(names, key=lambda name: (not name.endswith(paths[name]), name)):
        owner = owners.setdefault(paths[name], name)
        if owner != name:
            yield name, f"{owner} has the same path in the job, {paths[name]}"
    folders = {above for path in owners for above in _above(path)}
    yield from ((name, "a folder of the job has this path") for path, name in owners.items() if path in folders)


def _above(path: str) -> Iterator[str]:
    return (path[:place] for place, letter in enumerate(path) if letter == "/")


def _in_order(puts: Iterable[Step], new: Container[str]) -> tuple[list[Step], ...]:
    stages: tuple[list[Step], ...] = ([], [], [])
    for step in sorted(puts, key=lambda step: (step.name in new, step.name)):
        stages[_stage(step.path)].append(step)
    return stages


def _stage(path: str) -> int:
    if path.startswith("plugins/"):
        return 0
    return 2 if folder_of(path) == "dags" else 1
