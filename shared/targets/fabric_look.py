"""One look of a push to a Fabric job: what it has found out so far, and what the next one has to know.

What a look did, and what it may have done, goes into `Done`; whatever is not certain is sent again by the next one,
which is safe, since a PUT and a DELETE may be repeated. A look ends with the first 429, with the first answer that is
not clear, and in time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import Field

from shared.errors import FolderUnreadable
from shared.fabric.names import FabricJob
from shared.fabric.push import job_path
from shared.folder.manifest import File
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline
from shared.storage.documents import StoredModel
from shared.targets.port import Done, NotSendable, Work

# In seconds. No call begins later than this before the look's end.
_LAST_CALL_S = 5.0
# When to look again at what cannot be told or done now.
AGAIN_S = 15.0


class PushState(StoredModel):
    """What a push has to remember between looks, besides the baseline.

    `folders` are still to be listed, `looked` says that all of them are among these already. `again` are names that the
    job did not hold as they were sent, which is tried once more. `refused` has Fabric's words, `operation` the URL
    of the deployment of requirements, `deployed` what stands for their bytes. Names up to `read_back`, in their order,
    have been compared byte by byte.
    """

    folders: tuple[str, ...] = ()
    looked: bool = False
    again: tuple[str, ...] = ()
    refused: dict[str, str] = Field(default_factory=dict)
    operation: str | None = None
    deployed: str | None = None
    read_back: str = ""


class LookOver(Exception):  # noqa: N818 - it ends a look, not the push
    """The look is over; another one after n seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(after_s)
        self.after_s = after_s


@dataclass(slots=True)
class PushLook:
    """What a look has to do, and what it has found out: the fields of `Done`, and the state for the next look."""

    caller: RestCaller
    work: Work
    deadline: Deadline
    state: PushState
    put: dict[str, File] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    not_sendable: dict[str, NotSendable] = field(default_factory=dict)
    foreign: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def job(self) -> FabricJob:
        """The job that the files go into."""
        return self.work.route.fabric[0]

    @property
    def is_late(self) -> bool:
        """Whether no call may begin any more."""
        return self.deadline.left_s < _LAST_CALL_S

    def check_time(self) -> None:
        """Raise LookOver if no call may begin any more."""
        if self.is_late:
            raise LookOver(0.0)

    def done(self) -> Done:
        """Return what is known by now."""
        return Done(self.put, frozenset(self.gone), frozenset(self.unclear), self.not_sendable, self.foreign)

    def remember(self, **parts: object) -> None:
        """Change the state for the next look."""
        self.state = self.state.model_copy(update=parts)

    def refuse(self, name: str, sentence: str) -> None:
        """Remember why a file is not in the job, so that it is not sent again."""
        self.remember(refused={**self.state.refused, name: sentence})

    def doubt(self, name: str) -> None:
        """Take back that a file is in the job as it was sent; it is sent once more, and then refused."""
        self.put.pop(name, None)
        self.unclear.add(name)
        if name in self.state.again:
            self.refuse(name, f"{self.paths([name])[name]}: Drifted: not in the job as it was sent, twice in a row")
        else:
            self.remember(again=(*self.state.again, name))

    def read(self, file: File) -> bytes | None:
        """Return the bytes of a version of a file, None where the folder has another one by now."""
        try:
            return self.work.read(file)
        except FolderUnreadable as error:
            raise LookOver(AGAIN_S) from error

    def paths(self, names: Iterable[str]) -> dict[str, str]:
        """Return the job's path of each name that is a file of it; the requirements have none."""
        folder = self.work.route.folder
        in_dags = folder.container == "dags" and not folder.prefix
        paths = ((name, job_path(name.removeprefix(folder.listing_prefix), in_dags=in_dags)) for name in names)
        return {name: path for name, path in paths if path is not None}

    def has_path(self, name: str) -> bool:
        """Whether a name is that of a file of the job, and not that of the requirements."""
        return bool(self.paths([name]))

    def in_job(self) -> dict[str, str]:
        """Return the job's path of each file that the job holds, or may hold, by its name."""
        return self.paths({*self.work.held, *self.put} - self.gone)

    def is_certain(self, name: str) -> bool:
        """Whether the job has the version of a file that the relay knows of."""
        return name in self.put or (name not in self.unclear and self.work.held.get(name) is not None)

    def certain_sizes(self) -> dict[str, int | None]:
        """Return the files that the job holds for certain, path -> size, None where that is not known."""
        return {path: self._size(name) for name, path in self.in_job().items() if self.is_certain(name)}

    def _size(self, name: str) -> int | None:
        return self.put[name].size if name in self.put else self.work.kept.get(name)
