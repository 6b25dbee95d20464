"""One look of a push to a Fabric job: sends what is missing, lists what it touched, deploys requirements.

What is certain goes into `Done`; whatever is not is sent again by the next look, which is safe, since a PUT and a
DELETE may be repeated. A look ends with the first 429, with the first answer that is not clear, and in time.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import Field

from shared.errors import FolderUnreadable, ServiceError, ServiceRefusal, ServiceUnavailable
from shared.fabric.listing import compare, folders_of
from shared.fabric.names import FabricJob
from shared.fabric.push import FOLDERS, LARGEST_PUT, PushPlan, Step, folder_of, job_path, plan, why_not
from shared.folder.manifest import File
from shared.rest.answers import retry_after_s
from shared.rest.caller import RestCaller
from shared.rest.deadline import Deadline
from shared.rest.error_bodies import read_error
from shared.storage.documents import StoredModel
from shared.targets import fabric_calls as calls
from shared.targets.port import (
    Done,
    ImportFailed,
    ImportProgress,
    ImportSucceeded,
    NotSendable,
    StillRunning,
    Work,
)

# In seconds. No call begins later than this before the look's end.
_LAST_CALL_S = 5.0
# How long a job is left alone after an answer that was lost: until then the request may still arrive.
_SETTLE_S = 60.0
_THROTTLED_S = 60.0
_AGAIN_S = 15.0
_THROTTLED, _CONFLICT, _NOT_FOUND = 429, 409, 404
_MOST_REFUSED = 100

_Made = TypeVar("_Made")


class PushState(StoredModel):
    """What a push has to remember between looks, besides the baseline.

    `folders` are still to be listed, `looked` says that all of them are among these already. `again` are names that a
    listing did not show as sent, which is tried once more. `refused` has Fabric's words, `operation` the URL of the
    deployment of requirements.
    """

    folders: tuple[str, ...] = ()
    looked: bool = False
    again: tuple[str, ...] = ()
    refused: dict[str, str] = Field(default_factory=dict)
    operation: str | None = None


class _Stop(Exception):  # noqa: N818 - it ends a look, not the push
    """The look is over; another one after so many seconds."""

    def __init__(self, after_s: float) -> None:
        super().__init__(after_s)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class _Refused:
    """Fabric does not take a file, in its words."""

    sentence: str


# A file that arrived, the path of one that is gone, one that stays away, or one that is left to the next sync.
_Outcome = File | str | NotSendable | _Refused | None


@dataclass(slots=True)
class PushLook:
    """One look: what it has done so far, and what the next one has to know."""

    caller: RestCaller
    at_once: int
    work: Work
    deadline: Deadline
    state: PushState
    put: dict[str, File] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    not_sendable: dict[str, NotSendable] = field(default_factory=dict)
    foreign: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stopped: bool = False

    def progress(self) -> ImportProgress:
        """Send, check, deploy; return how far that came."""
        try:
            if self.state.operation is None:
                self._send()
                self._check()
            self._deploy()
        except _Stop as stop:
            return StillRunning(self.state.model_dump_json(), stop.after_s, self._done())
        except ServiceUnavailable as error:
            return StillRunning(self.state.model_dump_json(), _wait_s(error), self._done())
        except ServiceRefusal as refusal:
            told = calls.explained(refusal)
            return ImportFailed(told.code, told.message, self._done(), told.status, told.request_id)
        if self.state.refused:
            return ImportFailed("FilesRefused", _told(self.state.refused), self._done())
        return ImportSucceeded(self._done())

    def _done(self) -> Done:
        return Done(self.put, frozenset(self.gone), frozenset(self.unclear), self.not_sendable, self.foreign)

    # Sending.

    def _send(self) -> None:
        """Send and delete, stage by stage, what the job does not hold as it shall."""
        planned = self._plan()
        self.not_sendable |= {
            name: NotSendable(self.work.wanted[name].content, sentence)
            for name, sentence in planned.not_sendable.items()
        }
        asked_for = self.work.wanted.keys() | self.work.kept.keys() | self.work.left
        self.gone |= {name for name in self.work.held if self._is_no_file(name) and name not in asked_for}
        for stage in planned.stages:
            self._stage([step for step in stage if step.name not in self.state.refused])

    def _plan(self) -> PushPlan:
        held = {name: content for name, content in self.work.held.items() if name not in self.work.left}
        wanted: dict[str, str | None] = {name: file.content for name, file in self.work.wanted.items()}
        wanted |= {name: held[name] for name in self.work.kept}
        paths = self._paths({*wanted, *held})
        return plan(paths, wanted, held, self.work.new, deletes=self.work.route.deletes)

    def _stage(self, steps: list[Step]) -> None:
        """Carry out a stage; all that was begun is noted before the first that went wrong is raised."""
        wrong: list[Exception] = []
        for step, outcome in zip(steps, self._each(self._attempt, steps), strict=True):
            match outcome:
                case Exception():
                    wrong.append(outcome)
                case NotSendable():
                    self.not_sendable[step.name] = outcome
                case _Refused():
                    self._note_refused(step, outcome)
                case File():
                    self._note_put(step, outcome)
                case str():
                    self.gone.add(step.name)
        if wrong:
            raise max(wrong, key=_weight)

    def _each(self, act: Callable[[Step], _Made], steps: Iterable[Step]) -> Iterator[_Made]:
        if self.at_once == 1:
            yield from map(act, steps)
            return
        with ThreadPoolExecutor(self.at_once) as pool:
            yield from pool.map(act, steps)

    def _attempt(self, step: Step) -> _Outcome | Exception:
        """Carry out one step unless the look is over; return what came of it. It changes nothing, for many at once."""
        if self.stopped or self.deadline.left_s < _LAST_CALL_S:
            return _Stop(0.0)
        try:
            return self._put(step) if step.kind == "put" else self._delete(step)
        except (_Stop, ServiceError) as error:
            self.stopped = True
            return error

    def _put(self, step: Step) -> _Outcome:
        """Send a file as it is now; return the version that the job has then, None where the next sync has to see."""
        file = self.work.wanted[step.name]
        if file.size > LARGEST_PUT:
            return NotSendable(file.content, f"larger than the {LARGEST_PUT} bytes that Fabric takes")
        content = self._read(file)
        if content is None:
            return None
        if sentence := why_not(step.path, content):
            return NotSendable(file.content, sentence)
        try:
            calls.put_file(self.caller, self._job, step.path, content, deadline_s=self.deadline.left_s)
        except ServiceRefusal as refusal:
            return self._refused(step, refusal)
        return file

    def _delete(self, step: Step) -> _Outcome:
        """Delete a file; return its path once it is gone."""
        if step.kind == "forget":
            return step.path
        try:
            calls.delete_file(self.caller, self._job, step.path, deadline_s=self.deadline.left_s)
        except ServiceRefusal as refusal:
            if refusal.status != _NOT_FOUND:
                return self._refused(step, refusal)
        except ServiceUnavailable as error:
            # A missing file may be answered with 500, so only the listing tells.
            if error.status in {None, _THROTTLED} or self._is_there(step.path):
                raise
        return step.path

    def _read(self, file: File) -> bytes | None:
        try:
            return self.work.read(file)
        except FolderUnreadable as error:
            raise _Stop(_AGAIN_S) from error

    def _refused(self, step: Step, refusal: ServiceRefusal) -> _Refused:
        """Return what Fabric says of a file that it does not take; raise what is about all of them, or will pass."""
        if refusal.status is None or calls.is_about_the_job(refusal):
            raise refusal
        if refusal.status == _CONFLICT and not self._is_started():
            raise _Stop(_SETTLE_S)
        return _Refused(f"{step.path}: {refusal.code}: {refusal.message}")

    def _is_started(self) -> bool:
        answer = calls.get_job_environment(self.caller, self._job, deadline_s=self.deadline.left_s)
        return (calls.job_state_of(answer) or "").lower() == "started"

    def _is_there(self, path: str) -> bool:
        listed = calls.list_job_folder(self.caller, self._job, folder_of(path), deadline_s=self.deadline.left_s)
        return path in listed.sizes

    def _note_refused(self, step: Step, refused: _Refused) -> None:
        self._remember(refused={**self.state.refused, step.name: refused.sentence})
        if len(self.state.refused) >= _MOST_REFUSED:
            raise ServiceRefusal(_told(self.state.refused), code="FilesRefused")

    def _note_put(self, step: Step, file: File) -> None:
        self.put[step.name] = file
        self.not_sendable.pop(step.name, None)
        self._remember(folders=tuple(sorted({*self.state.folders, folder_of(step.path)})))

    # Checking.

    def _check(self) -> None:
        """List the folders that were touched, or all; what is not as it was sent is sent once more, then refused."""
        if self.work.verify and not self.state.looked:
            every = {*folders_of(self._expected()), *FOLDERS, *self.state.folders}
            self._remember(folders=tuple(sorted(every)), looked=True)
        again = False
        while self.state.folders:
            if self.deadline.left_s < _LAST_CALL_S:
                raise _Stop(0.0)
            again = self._check_folder(self.state.folders[0]) or again
        if again:
            raise _Stop(0.0)

    def _check_folder(self, folder: str) -> bool:
        """Compare one folder; return whether something in it has to be sent again."""
        listed = calls.list_job_folder(self.caller, self._job, folder, deadline_s=self.deadline.left_s)
        expected = self._expected()
        unclear = [path for name, path in self._paths(self._names()).items() if not self._is_certain(name)]
        found = compare(folder, listed.sizes, expected, unclear)
        self.foreign[folder] = found.foreign
        more = {below for below in listed.folders if self.work.verify and below not in folders_of(expected)}
        self._remember(folders=tuple(sorted({*self.state.folders, *more} - {folder})))
        wrong = [name for name, path in self._paths(self._names()).items() if path in found.wrong]
        for name in wrong:
            self._doubt(name)
        return bool(wrong)

    def _doubt(self, name: str) -> None:
        """Take a file back that is not in the job as it was sent."""
        self.put.pop(name, None)
        self.unclear.add(name)
        if name in self.state.again:
            sentence = f"{self._paths([name])[name]}: Drifted: not listed as it was sent, twice in a row"
            self._remember(refused={**self.state.refused, name: sentence})
        else:
            self._remember(again=(*self.state.again, name))

    def _expected(self) -> dict[str, int | None]:
        """Return the files that the job holds for certain, path -> size, None where that is not known."""
        paths = self._paths(self._names()).items()
        return {path: self._size(name) for name, path in paths if self._is_certain(name)}

    def _names(self) -> set[str]:
        return {*self.work.held, *self.put} - self.gone

    def _is_certain(self, name: str) -> bool:
        return name in self.put or (name not in self.unclear and self.work.held.get(name) is not None)

    def _size(self, name: str) -> int | None:
        return self.put[name].size if name in self.put else self.work.kept.get(name)

    # Requirements.

    def _deploy(self) -> None:
        """Deal with requirements that changed: deploy them, or leave that to people, as the route says."""
        _, options = self.work.route.fabric
        for name, file in self.work.wanted.items():
            if not self._is_no_file(name):
                continue
            if options.requirements == "deploy":
                self._deploy_one(file)
            self.put[name] = file

    def _deploy_one(self, file: File) -> None:
        """Begin the deployment, or ask how it stands; return once it has ended well."""
        link = self.state.operation or self._begin(file)
        if link is None:
            return
        answer = calls.get_operation(self.caller, link, deadline_s=self.deadline.left_s)
        body = answer.json()
        status = str(body.get("status")).lower() if isinstance(body, dict) else ""
        if status == "failed":
            error = read_error(answer)
            raise ServiceRefusal(f"{error.code}: {error.message}", code="RequirementsFailed")
        if status != "succeeded":
            raise _Stop(retry_after_s(answer) or _AGAIN_S)

    def _begin(self, file: File) -> str | None:
        """Ask for the deployment; return the URL of the operation, if there is one to follow."""
        text = self._read(file)
        if text is None:
            return None
        try:
            answer = calls.deploy_requirements(self.caller, self._job, text, deadline_s=self.deadline.left_s)
        except ServiceRefusal as refusal:
            if refusal.status != _CONFLICT:
                raise
            message = f"the requirements were not deployed, since the environment is not started: {refusal.message}"
            raise ServiceRefusal(message, code="RequirementsNotDeployed", status=_CONFLICT) from refusal
        self._remember(operation=answer.headers.get("Location"))
        return self.state.operation

    # What is used by all.

    @property
    def _job(self) -> FabricJob:
        return self.work.route.fabric[0]

    def _paths(self, names: Iterable[str]) -> dict[str, str]:
        """Return the job's path of each name that is a file of it."""
        folder = self.work.route.folder
        in_dags = folder.container == "dags" and not folder.prefix
        paths = ((name, job_path(name.removeprefix(folder.listing_prefix), in_dags=in_dags)) for name in names)
        return {name: path for name, path in paths if path is not None}

    def _is_no_file(self, name: str) -> bool:
        """Whether a name is that of the requirements, for which a job has no place."""
        return not self._paths([name])

    def _remember(self, **parts: object) -> None:
        self.state = self.state.model_copy(update=parts)


def _weight(wrong: Exception) -> float:
    """Return which of several ends of a look counts most: a refusal, else the longest wait."""
    match wrong:
        case ServiceUnavailable():
            return _wait_s(wrong)
        case _Stop():
            return wrong.after_s
        case _:
            return float("inf")


def _wait_s(error: ServiceUnavailable) -> float:
    """Return when to look again after a call that failed for now."""
    if error.may_have_acted:
        return max(_SETTLE_S, error.retry_after_s or 0.0)
    if error.code == "OutOfTime":
        return 0.0
    return error.retry_after_s or (_THROTTLED_S if error.status == _THROTTLED else _AGAIN_S)


def _told(refused: dict[str, str]) -> str:
    first = "; ".join(list(refused.values())[:3])
    return f"{len(refused)} files were refused: {first}"
