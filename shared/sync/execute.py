"""One attempt to sync: what changed, what the checks say, whether the environment is ready, the call."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable
from shared.folder.checks import (
    LARGEST_FILE,
    TOO_LARGE,
    UNKNOWN,
    Finding,
    Runtime,
    Surroundings,
    Unread,
    check_files,
    is_context,
    to_check,
)
from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.sync.baseline import Baselines, Diff
from shared.sync.decide import Hold, Policy, Strictness, Sync
from shared.sync.history import CallMade
from shared.sync.lease import Lease, Reservation
from shared.sync.outcomes import Attempt, Outcomes, begin
from shared.sync.state import RouteState, RunningSync
from shared.targets.port import Accepted, Answered, Target
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

ReadFiles = Callable[[Route, Iterable[str]], Iterable[tuple[str, bytes | Unread]]]

_REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True, slots=True)
class Inspection:
    """Checks the changed files of a route; `off` reads nothing, `block` lets a blocking finding stop the sync."""

    strictness: Strictness
    read_files: ReadFiles

    def findings(self, route: Route, manifest: Manifest, diff: Diff, runtime: Runtime = UNKNOWN) -> tuple[Finding, ...]:
        """Return what is to be said of the added and changed files in an environment with this runtime."""
        if self.strictness == "off":
            return ()
        fresh = {*diff.added, *diff.changed}
        prefix = route.folder.listing_prefix
        files = [file for file in manifest.files if file.name in fresh and to_check(file.name.removeprefix(prefix))]
        return tuple(check_files(self._contents(route, files), self._around(route, manifest, runtime)))

    def _around(self, route: Route, manifest: Manifest, runtime: Runtime) -> Surroundings:
        prefix = route.folder.listing_prefix
        names = {file.name.removeprefix(prefix): file for file in manifest.files}
        wanted = [file for name, file in names.items() if is_context(name) or name.lower() == _REQUIREMENTS]
        contents = dict(self._contents(route, wanted))
        requirements = [content for name, content in contents.items() if name.lower() == _REQUIREMENTS]
        return Surroundings(
            names=frozenset(names),
            ignore_files={
                name: content if isinstance(content, bytes) else None
                for name, content in contents.items()
                if is_context(name)
            },
            requirements=_requirements(requirements) if route.request.add_requirements_from_file else "",
            runtime=runtime,
        )

    def _contents(self, route: Route, files: list[File]) -> Iterator[tuple[str, bytes | Unread]]:
        """Yield the contents by the path below the folder, one at a time; what is too large is not read.

        Raises FolderUnreadable in `block` where the storage may answer later: there a file has to be read first.
        """
        prefix = route.folder.listing_prefix
        for file in files:
            if file.size > LARGEST_FILE:
                yield file.name.removeprefix(prefix), TOO_LARGE
        for name, content in self.read_files(route, [file.name for file in files if file.size <= LARGEST_FILE]):
            if self.strictness == "block" and isinstance(content, Unread) and content.passing:
                raise FolderUnreadable(f"{name} {content.why}", code="FilesUnreadable")
            yield name.removeprefix(prefix), content

    def objection(self, findings: Iterable[Finding]) -> str | None:
        """Return the sentence that stops the sync, or None where nothing does."""
        if self.strictness != "block":
            return None
        blocking = [finding for finding in findings if finding.blocking]
        return "; ".join(map(_place, blocking)) or None


def _requirements(contents: list[bytes | Unread]) -> str | None:
    """Return the text of `requirements.txt`, empty without one, None where it could not be read."""
    texts = [content.decode(errors="replace") for content in contents if isinstance(content, bytes)]
    return "\n".join(texts) if len(texts) == len(contents) else None


def _place(finding: Finding) -> str:
    line = "" if finding.line is None else f", line {finding.line}"
    return f"{finding.file}{line}: {finding.message}"


# In seconds, for each call. ARM gives up on Data Factory after 60 s itself.
CALL_DEADLINE_S = 60.0

# States of an integration runtime in which an import cannot work yet; in any other one, known or not, it is tried.
NOT_READY = frozenset({"initial", "starting", "stopping", "stopped"})

Made = TypeVar("Made", bound=Answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Attempts syncs, for the worker that has the lease of the environment."""

    target_of: Callable[[Route], Target]
    list_folder: Callable[[Route], Manifest]
    baselines: Baselines
    inspection: Inspection
    outcomes: Outcomes
    policy: Policy

    def run(
        self, route: Route, state: RouteState, manifest: Manifest, decision: Sync, lease: Lease
    ) -> Reservation | None:
        """Attempt a sync and write down what came of it.

        Returns for whom, and for how long, the environment has to stay reserved; None if no import was started.
        """
        attempt = begin(route, state, manifest, decision.reason)
        with bound(sync_id=attempt.sync_id, revision=manifest.revision):
            return self._run(attempt, lease)

    def _run(self, attempt: Attempt, lease: Lease) -> Reservation | None:
        attempt.diff = self.baselines.read(attempt.route).diff(attempt.manifest)
        try:
            runtime = self._ready(attempt, lease)
            objection = self._inspect(attempt, runtime)
            if objection and attempt.trigger != "Forced":
                attempt.finished_at = lease.now()
                self.outcomes.held(attempt, Hold("ChecksFailed", objection))
                return None
            accepted = self._ask(attempt, lease)
        except ServiceError as error:
            attempt.finished_at = lease.now()
            self.outcomes.failed(attempt, error)
            return lease.reserve(None, self.policy.settle) if error.may_have_acted else None
        return self._note(attempt, accepted, lease)

    def _ready(self, attempt: Attempt, lease: Lease) -> Runtime:
        """Return what runs in the environment; raise ServiceError if it is not ready for an import, or ARM is not."""
        environment = _noted(
            attempt,
            "get environment",
            lambda: self.target_of(attempt.route).environment_state(attempt.route, deadline_s=_deadline_s(lease)),
        )
        if (environment.state or "").lower() in NOT_READY:
            raise ServiceUnavailable(f"the environment is {environment.state}, not Started", code="EnvironmentNotReady")
        return environment.runtime

    def _inspect(self, attempt: Attempt, runtime: Runtime) -> str | None:
        """Note what the checks find, return what stands against the sync.

        Raises ServiceUnavailable where `block` has to wait for a file that cannot be read now; a forced sync does not.
        """
        try:
            attempt.findings = self.inspection.findings(attempt.route, attempt.manifest, attempt.diff, runtime)
        except FolderUnreadable as error:
            if attempt.trigger == "Forced":
                return None
            raise ServiceUnavailable(f"the changed files could not be read: {error}", code="FilesUnreadable") from error
        return self.inspection.objection(attempt.findings)

    def _ask(self, attempt: Attempt, lease: Lease) -> Accepted:
        """Ask for the import; raise ServiceError if ARM does not take it.

        Before the call the state is made to say that the outcome is open, and the lease is renewed: whatever happens
        to this worker then, the folder counts as changed, and no other one starts an import for most of a lease.
        """
        self.outcomes.calling(attempt)
        lease.renew()
        return _noted(
            attempt,
            "airflow/sync",
            lambda: self.target_of(attempt.route).sync(attempt.route, deadline_s=_deadline_s(lease)),
        )

    def _note(self, attempt: Attempt, accepted: Accepted, lease: Lease) -> Reservation:
        revision = self._revision_taken(attempt)
        if accepted.handle is None:
            attempt.finished_at = lease.now()
            self.outcomes.accepted(attempt, revision)
            if revision is None:
                self.outcomes.wake_ups.notice(attempt.route)
            return lease.reserve(None, self.policy.settle)
        listed_at = attempt.manifest.listed_at
        poll_after = timedelta(seconds=accepted.poll_after_s)
        operation = RunningSync(
            sync_id=attempt.sync_id,
            revision=revision,
            listed_at=listed_at,
            files=len(attempt.manifest.files),
            handle=accepted.handle,
            next_poll=listed_at + poll_after,
            give_up_at=listed_at + self.policy.operation_timeout,
        )
        self.outcomes.running(attempt, operation)
        self.outcomes.wake_ups.notice(attempt.route, poll_after)
        return lease.reserve(attempt.route, self.policy.operation_timeout)

    def _revision_taken(self, attempt: Attempt) -> str | None:
        """Return the revision that ADF took, None where a write since the listing, or no second one, leaves that open.

        Without this second listing, a file that was changed before the call and changed back after it would look
        unchanged, while ADF has what it was in between.
        """
        try:
            same = self.list_folder(attempt.route).is_same_as(attempt.manifest)
        except FolderUnreadable as error:
            log.warning("the folder could not be listed after the call, so the sync counts as open: %s", error)
            return None
        return attempt.manifest.revision if same else None


def _deadline_s(lease: Lease) -> float:
    return min(CALL_DEADLINE_S, lease.seconds_left())


def _noted(attempt: Attempt, operation: str, ask: Callable[[], Made]) -> Made:
    """Make a call and note it in the attempt, however it ends."""
    try:
        answer = ask()
    except ServiceError as error:
        attempt.calls.append(
            CallMade(operation=operation, status=error.status, request_id=error.request_id, code=error.code)
        )
        raise
    attempt.calls.append(CallMade(operation=operation, status=answer.status, request_id=answer.request_id))
    return answer
