"""One attempt to sync: what changed, what the checks say, whether the environment is ready, the call."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable
from shared.fabric.names import PushOptions
from shared.folder.checks import LARGEST_FILE, Finding, check_files, to_check
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync.baseline import Baselines, Diff
from shared.sync.decide import Hold, Policy, Strictness, Sync, many_removed
from shared.sync.history import CallMade
from shared.sync.lease import Lease, Reservation
from shared.sync.outcomes import Attempt, Outcomes, begin
from shared.sync.poll import Poller
from shared.sync.state import RouteState, RunningSync
from shared.targets.port import Accepted, Answered, Target
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

ReadFiles = Callable[[Route, Iterable[str]], dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """Checks the changed files of a route; `off` reads nothing, `block` lets a blocking finding stop the sync."""

    strictness: Strictness
    read_files: ReadFiles

    def findings(self, route: Route, manifest: Manifest, diff: Diff) -> tuple[Finding, ...]:
        """Return what is to be said of the added and changed files."""
        return (*self._checked(route, manifest, diff), *_not_deployed(route, diff))

    def _checked(self, route: Route, manifest: Manifest, diff: Diff) -> tuple[Finding, ...]:
        if self.strictness == "off":
            return ()
        prefix = route.folder.listing_prefix
        fresh = {*diff.added, *diff.changed}
        files = [file for file in manifest.files if file.name in fresh and to_check(file.name.removeprefix(prefix))]
        contents: dict[str, bytes | None] = {file.name: None for file in files if file.size > LARGEST_FILE}
        contents |= self.read_files(route, [file.name for file in files if file.size <= LARGEST_FILE])
        return tuple(check_files({name.removeprefix(prefix): content for name, content in contents.items()}))

    def hold(self, route: Route, findings: Iterable[Finding], diff: Diff, *, files: int) -> Hold | None:
        """Return what stops a sync that is not forced: a check, or so many deletions that they may be a mistake.

        `files` is how many files were synced last.
        """
        if self.strictness == "block" and (blocking := [finding for finding in findings if finding.blocking]):
            return Hold("ChecksFailed", "; ".join(map(_place, blocking)))
        return many_removed(len(diff.removed), files) if route.deletes else None


def _not_deployed(route: Route, diff: Diff) -> Iterator[Finding]:
    """Yield that changed requirements are left to people, where the files go into a job that has no place for them."""
    if not isinstance(route.request, PushOptions) or route.request.requirements == "deploy":
        return
    for name in (*diff.added, *diff.changed):
        path = name.removeprefix(route.folder.listing_prefix)
        if path.lower() == "requirements.txt":
            message = "changed, and not deployed: send it to the job's environment/deployRequirements"
            yield Finding(path, None, "RequirementsNotDeployed", message, blocking=False)


def _place(finding: Finding) -> str:
    line = "" if finding.line is None else f", line {finding.line}"
    return f"{finding.file}{line}: {finding.message}"


Made = TypeVar("Made", bound=Answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Attempts syncs, for the worker that has the lease of the environment."""

    target_of: Callable[[Route], Target]
    list_folder: Callable[[Route], Manifest]
    baselines: Baselines
    inspection: Inspection
    outcomes: Outcomes
    poller: Poller
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
        baseline = self.baselines.read(attempt.route)
        attempt.diff = baseline.diff(attempt.manifest)
        try:
            self._inspect(attempt)
            hold = self.inspection.hold(attempt.route, attempt.findings, attempt.diff, files=len(baseline.contents))
            if hold and attempt.trigger != "Forced":
                attempt.finished_at = lease.now()
                self.outcomes.held(attempt, hold)
                return None
            accepted = self._ask(attempt, lease)
        except ServiceError as error:
            attempt.finished_at = lease.now()
            self.outcomes.failed(attempt, error)
            return lease.reserve(None, self.policy.settle) if error.may_have_acted else None
        return self._note(attempt, accepted, lease)

    def _inspect(self, attempt: Attempt) -> None:
        """Note what the checks find; raise ServiceUnavailable if nothing can be read."""
        try:
            attempt.findings = self.inspection.findings(attempt.route, attempt.manifest, attempt.diff)
        except FolderUnreadable as error:
            raise ServiceUnavailable(f"the changed files could not be read: {error}", code="FilesUnreadable") from error

    def _ask(self, attempt: Attempt, lease: Lease) -> Accepted:
        """Ask for the import if the environment is ready for one; raise ServiceError if it is not or ARM is not.

        Before the call the state is made to say that the outcome is open, and the lease is renewed: whatever happens
        to this worker then, the folder counts as changed, and no other one starts an import for most of a lease.
        """
        environment = _noted(
            attempt,
            "get environment",
            lambda: self.target_of(attempt.route).environment_state(attempt.route, deadline_s=lease.call_deadline_s()),
        )
        if not environment.is_ready:
            raise ServiceUnavailable(f"the environment is {environment.state}, not Started", code="EnvironmentNotReady")
        self.outcomes.calling(attempt)
        lease.renew()
        return _noted(
            attempt,
            "airflow/sync",
            lambda: self.target_of(attempt.route).sync(attempt.route, deadline_s=lease.call_deadline_s()),
        )

    def _note(self, attempt: Attempt, accepted: Accepted, lease: Lease) -> Reservation | None:
        revision = attempt.manifest.revision if attempt.route.is_pushed else self._revision_taken(attempt)
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
            verify=attempt.verify,
        )
        self.outcomes.running(attempt, operation)
        if attempt.route.is_pushed:
            return self.poller.poll(attempt.route, lease, operation, attempt.manifest)
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


def _noted(attempt: Attempt, operation: str, ask: Callable[[], Made]) -> Made:
    """Make a call and note it in the attempt, however it ends."""
    try:
        answer = ask()
    except ServiceError as error:
        attempt.calls.append(
            CallMade(operation=operation, status=error.status, request_id=error.request_id, code=error.code)
        )
        raise
    if answer.status is not None:
        attempt.calls.append(CallMade(operation=operation, status=answer.status, request_id=answer.request_id))
    return answer
