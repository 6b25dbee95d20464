"""Sending files into a Fabric job and deleting them from it, one call each, several at once."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import TypeVar

from shared.errors import ServiceError, ServiceRefusal, ServiceUnavailable
from shared.fabric.push import LARGEST_PUT, PushPlan, Step, folder_of, plan, why_not
from shared.folder.manifest import File
from shared.targets import fabric_calls as calls
from shared.targets.fabric_look import AGAIN_S, LookOver, PushLook
from shared.targets.port import NotSendable

# In seconds. How long a job is left alone after an answer that was lost: until then the request may still arrive.
_SETTLE_S = 60.0
_THROTTLED_S = 60.0
_THROTTLED, _CONFLICT, _NOT_FOUND = 429, 409, 404
_MOST_REFUSED = 100
# The specification's word, and that of an older page.
_STARTED = frozenset({"started", "running"})

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class _Refused:
    """Fabric does not take a file, in its words."""

    sentence: str


# A file that arrived, the path of one that is gone, one that stays away, or one that is left to the next sync.
_Outcome = File | str | NotSendable | _Refused | None


@dataclass(slots=True)
class Sender:
    """Sends and deletes what a look's work asks for; with `at_once` 1 all in the calling thread."""

    look: PushLook
    at_once: int
    stopped: bool = False

    def send(self) -> None:
        """Send and delete, stage by stage, what the job does not hold as it should."""
        look, planned = self.look, self._plan()
        look.not_sendable |= {
            name: NotSendable(look.work.wanted[name].content, sentence)
            for name, sentence in planned.not_sendable.items()
        }
        asked_for = look.work.wanted.keys() | look.work.kept.keys() | look.work.left
        look.gone |= {name for name in look.work.held if not look.has_path(name) and name not in asked_for}
        for stage in planned.stages:
            self._stage([step for step in stage if step.name not in look.state.refused])

    def _plan(self) -> PushPlan:
        work = self.look.work
        held = {name: content for name, content in work.held.items() if name not in work.left}
        wanted: dict[str, str | None] = {name: file.content for name, file in work.wanted.items()}
        wanted |= {name: held[name] for name in work.kept}
        return plan(self.look.paths({*wanted, *held}), wanted, held, work.new, deletes=work.route.deletes)

    def _stage(self, steps: list[Step]) -> None:
        """Carry out a stage; all that was begun is noted before the first that went wrong is raised."""
        wrong: list[Exception] = []
        for step, outcome in zip(steps, self._each(self._attempt, steps), strict=True):
            match outcome:
                case Exception():
                    wrong.append(outcome)
                    if isinstance(outcome, ServiceError) and outcome.may_have_acted:
                        self.look.unclear.add(step.name)
                case NotSendable():
                    self.look.not_sendable[step.name] = outcome
                case _Refused():
                    self._note_refused(step, outcome)
                case File():
                    self._note_put(step, outcome)
                case str():
                    self.look.gone.add(step.name)
        if wrong:
            raise max(wrong, key=_weight)

    def _each(self, act: Callable[[Step], _Made], steps: Iterable[Step]) -> Iterator[_Made]:
        if self.at_once == 1:
            yield from map(act, steps)
            return
        # A thread of the pool begins without the sync and the trace that the calls belong to.
        context = copy_context()
        with ThreadPoolExecutor(self.at_once) as pool:
            yield from pool.map(lambda step: context.copy().run(act, step), steps)

    def _attempt(self, step: Step) -> _Outcome | Exception:
        """Carry out one step unless the look is over; return what came of it. It changes nothing, for many at once."""
        if self.stopped or self.look.is_late:
            return LookOver(0.0)
        try:
            return self._put(step) if step.kind == "put" else self._delete(step)
        except (LookOver, ServiceError) as error:
            self.stopped = True
            return error

    def _put(self, step: Step) -> _Outcome:
        """Send a file as it is now; return the version that the job has then, None where the next sync has to see."""
        look, file = self.look, self.look.work.wanted[step.name]
        if file.size > LARGEST_PUT:
            return NotSendable(file.content, f"larger than the {LARGEST_PUT} bytes that Fabric takes")
        content = look.read(file)
        if content is None:
            return None
        if sentence := why_not(step.path, content):
            return NotSendable(file.content, sentence)
        try:
            calls.put_file(look.caller, look.job, step.path, content, deadline_s=look.deadline.left_s)
        except ServiceRefusal as refusal:
            return self._refused(step, refusal)
        return file

    def _delete(self, step: Step) -> _Outcome:
        """Delete a file; return its path once it is gone."""
        if step.kind == "forget":
            return step.path
        look = self.look
        try:
            calls.delete_file(look.caller, look.job, step.path, deadline_s=look.deadline.left_s)
        except ServiceRefusal as refusal:
            if refusal.status != _NOT_FOUND:
                return self._refused(step, refusal)
        except ServiceUnavailable as error:
            # A missing file may be answered with 500, so only the listing tells.
            if error.status in {None, _THROTTLED} or self._is_still_there(step.path):
                raise
        return step.path

    def _refused(self, step: Step, refusal: ServiceRefusal) -> _Refused:
        """Return what Fabric says of a file that it does not take; raise what is about all of them, or will pass."""
        if refusal.status is None or calls.is_about_the_job(refusal):
            raise refusal
        if refusal.status == _CONFLICT and not self._is_started():
            raise LookOver(_SETTLE_S)
        return _Refused(f"{step.path}: {refusal.code}: {refusal.message}")

    def _is_started(self) -> bool:
        look = self.look
        answer = calls.get_job_environment(look.caller, look.job, deadline_s=look.deadline.left_s)
        return (calls.job_state_of(answer) or "").lower() in _STARTED

    def _is_still_there(self, path: str) -> bool:
        """Whether a file is there that may have been deleted; where that cannot be told, it may have been."""
        look = self.look
        try:
            listed = calls.list_job_folder(look.caller, look.job, folder_of(path), deadline_s=look.deadline.left_s)
        except ServiceError as error:
            error.may_have_acted = True
            raise
        return path in listed.sizes

    def _note_refused(self, step: Step, refused: _Refused) -> None:
        self.look.refuse(step.name, refused.sentence)
        if len(self.look.state.refused) >= _MOST_REFUSED:
            raise ServiceRefusal(told(self.look.state.refused), code="FilesRefused")

    def _note_put(self, step: Step, file: File) -> None:
        self.look.put[step.name] = file
        self.look.not_sendable.pop(step.name, None)
        self.look.remember(folders=tuple(sorted({*self.look.state.folders, folder_of(step.path)})))


def _weight(wrong: Exception) -> float:
    """Return which of several ends of a look counts most: a refusal, else the longest wait."""
    match wrong:
        case ServiceUnavailable():
            return wait_s(wrong)
        case LookOver():
            return wrong.after_s
        case _:
            return float("inf")


def wait_s(error: ServiceUnavailable) -> float:
    """Return when to look again after a call that failed for now."""
    if error.may_have_acted:
        return max(_SETTLE_S, error.retry_after_s or 0.0)
    if error.code == "OutOfTime":
        return 0.0
    return error.retry_after_s or (_THROTTLED_S if error.status == _THROTTLED else AGAIN_S)


def told(refused: dict[str, str]) -> str:
    """Return how many files were refused, and Fabric's words for the first of them."""
    first = "; ".join(list(refused.values())[:3])
    return f"{len(refused)} files were refused: {first}"
