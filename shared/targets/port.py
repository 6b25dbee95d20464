"""Where a sync goes: the relay's small port. What is behind it knows Azure; the relay knows only this."""

from dataclasses import dataclass
from typing import Protocol

from shared.folder.checks import UNKNOWN, Runtime
from shared.route import Route


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that was answered; the id is what Azure's support asks for."""

    status: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class EnvironmentState(Answered):
    """The state of an environment in the target's words, None where it does not say, and what runs in it.

    `incarnation` tells an environment from a later one of its name, and from itself before its settings were changed.
    """

    state: str | None
    runtime: Runtime = UNKNOWN
    incarnation: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted(Answered):
    """The target took a request to import; `handle` resumes the operation, None where there is nothing to follow."""

    handle: str | None = None
    poll_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StillRunning:
    """The import goes on; ask again after so many seconds, with this handle."""

    handle: str
    after_s: float


@dataclass(frozen=True, slots=True)
class ImportSucceeded:
    """The import is done."""


@dataclass(frozen=True, slots=True)
class ImportFailed:
    """The import ended without success, for this reason."""

    code: str
    message: str


ImportProgress = StillRunning | ImportSucceeded | ImportFailed


class Target(Protocol):
    """What takes a folder into an Airflow environment. The first two raise ServiceError when the call fails."""

    def environment_state(self, route: Route, *, deadline_s: float) -> EnvironmentState:
        """Return the state of the route's environment."""

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        """Ask for an import of the route's folder."""

    def poll(self, handle: str, *, deadline_s: float) -> ImportProgress:
        """Ask once how far an accepted import has come; a target that cannot say so now answers StillRunning."""
