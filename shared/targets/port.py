"""Where a sync goes: the relay's small port. What is behind it knows Azure; the relay knows only this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.folder.checks import UNKNOWN, Runtime
from shared.folder.manifest import File
from shared.route import Route

# States of an integration runtime in which an import cannot work yet; in any other one, known or not, it is tried.
NOT_READY = frozenset({"initial", "starting", "stopping", "stopped"})


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered; the id is what Azure's support asks for. No status: no call was needed."""

    status: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class EnvironmentState(Answered):
    """The state of an environment in the target's words, None where it does not say, and what runs in it.

    `incarnation` tells an environment from a later one of its name, and from itself before its settings were changed.
    `not_ready` are the states, in lower case, in which nothing can be done yet.
    """

    state: str | None
    runtime: Runtime = UNKNOWN
    incarnation: str | None = None
    not_ready: frozenset[str] = NOT_READY

    @property
    def is_ready(self) -> bool:
        """Whether a sync may be tried."""
        return (self.state or "").lower() not in self.not_ready


@dataclass(frozen=True, slots=True)
class Accepted(Answered):
    """The target took a request to import; `handle` resumes the operation, None where there is nothing to follow."""

    handle: str | None = None
    poll_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class NotSendable:
    """A version of a file that the target cannot take as it is, and why."""

    content: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Done:
    """What is known since the last look: files that arrived, files that are gone, files that cannot be sent.

    `unclear` are files that the target may have otherwise than is known: they had arrived and are not there as they
    were sent, or it is unknown what came of a call. `foreign` has the paths that the relay did not send, for each
    folder of the target that was listed.
    """

    put: Mapping[str, File] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()
    not_sendable: Mapping[str, NotSendable] = field(default_factory=dict)
    foreign: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING_DONE = Done()


@dataclass(frozen=True, slots=True)
class StillRunning:
    """The import goes on; ask again after n seconds, with this handle."""

    handle: str
    after_s: float
    done: Done = NOTHING_DONE


@dataclass(frozen=True, slots=True)
class ImportSucceeded:
    """The import is done."""

    done: Done = NOTHING_DONE


@dataclass(frozen=True, slots=True)
class ImportFailed:
    """The import ended without success, for this reason; status and id are those of the answer that said so."""

    code: str
    message: str
    done: Done = NOTHING_DONE
    status: int | None = None
    request_id: str | None = None


ImportProgress = StillRunning | ImportSucceeded | ImportFailed


@dataclass(frozen=True, slots=True)
class Work:
    """What a target needs that is sent the files one by one; a target that reads the folder itself gets none of it.

    `wanted` are the files that it should hold, as they are now; `held` what it holds, name -> content, None where that
    is unclear; `new` are names that it has not had before, as far as known.
    `kept` are those of its files that have arrived and stay as they are, with their size in bytes where it is known.
    `left` are names to leave alone until the next sync, since the folder has changed there meanwhile. `read` returns
    the bytes of that version of a file, None where it has another one by now. `verify` asks for a look at everything;
    `read_back` are those of the kept files whose bytes are to be compared with what the target holds.
    """

    route: Route
    wanted: Mapping[str, File] = field(default_factory=dict)
    held: Mapping[str, str | None] = field(default_factory=dict)
    new: frozenset[str] = frozenset()
    kept: Mapping[str, int | None] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    read: Callable[[File], bytes | None] = lambda _file: None
    verify: bool = False
    read_back: Mapping[str, File] = field(default_factory=dict)


class Target(Protocol):
    """What takes a folder into an Airflow environment. The first two raise ServiceError when the call fails."""

    def environment_state(self, route: Route, *, deadline_s: float) -> EnvironmentState:
        """Return the state of the route's environment."""

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        """Ask for an import of the route's folder."""

    def poll(self, handle: str, work: Work, *, deadline_s: float) -> ImportProgress:
        """Ask once how far an accepted import has come, or take it further if that is for us to do.

        A target that cannot say so now answers StillRunning.
        """
