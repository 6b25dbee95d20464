"""One attempt to sync: what changed, whether the environment is ready, the call."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable, Throttled
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync.attempt import Attempt
from shared.sync.baseline_store import Baselines
from shared.sync.decide import Policy
from shared.sync.history import CallMade
from shared.sync.inspection import Inspector
from shared.sync.lease import Lease, Reservation
from shared.sync.outcomes import Outcomes
from shared.sync.poll import LONGEST_POLL, Poller
from shared.sync.state import RunningSync
from shared.targets.port import Accepted, Answered, Target
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

Made = TypeVar("Made", bound=Answered)


@dataclass(frozen=True, slots=True)
class Tried:
    """What an attempt leaves behind: for whom the environment stays reserved, and the attempt if ADF took the sync."""

    reservation: Reservation | None
    taken: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Attempts syncs, for the worker that has the lease of the environment."""

    target_of: Callable[[Route], Target]
    list_folder: Callable[[Route], Manifest]
    baselines: Baselines
    inspector: Inspector
    outcomes: Outcomes
    poller: Poller
    policy: Policy

    def run(self, attempt: Attempt, lease: Lease) -> Tried:
        """Make the attempt and write down what came of it; its findings are known where they may stop the sync."""
        with bound(sync_id=attempt.sync_id, revision=attempt.manifest.revision):
            return self._run(attempt, lease)

    def _run(self, attempt: Attempt, lease: Lease) -> Tried:
        attempt.loaded = attempt.loaded or self.baselines.load(attempt.route)
        baseline = attempt.loaded.baseline
        if attempt.manifest.known_revision:
            attempt.manifest = baseline.settled(attempt.manifest, {})
        attempt.diff = baseline.diff(attempt.manifest)
        if attempt.unreadable:
            attempt.finished_at = lease.now()
            unreadable = f"a changed file has to be checked before the sync: {attempt.unreadable}"
            self.outcomes.failed(attempt, ServiceUnavailable(unreadable, code="FilesUnreadable"))
            return Tried(None)
        hold = self.inspector.hold(attempt.route, attempt.findings, attempt.diff, files=len(baseline.contents))
        if hold and not attempt.is_forced:
            attempt.finished_at = lease.now()
            self.outcomes.held(attempt, hold)
            return Tried(None)
        try:
            accepted = self._ask(attempt, lease)
        except ServiceError as error:
            attempt.finished_at = lease.now()
            if isinstance(error, Throttled) and not error.may_have_acted:
                self.outcomes.throttled(attempt, error)
            else:
                self.outcomes.failed(attempt, error)
            return Tried(lease.reservation_for(None, self.policy.settle) if error.may_have_acted else None)
        return Tried(self._note(attempt, accepted, lease), attempt)

    def _ask(self, attempt: Attempt, lease: Lease) -> Accepted:
        """Ask for the import if the environment is ready for one; raise ServiceError if it is not or ARM is not.

        Before the call the state is made to say that the outcome is unknown, the lease is renewed, and the environment
        reserved: whatever happens to this worker then, the folder counts as changed, and no import begins beside it.
        """
        target = self.target_of(attempt.route)
        environment = _noted(
            attempt,
            "get environment",
            lambda: target.environment_state(attempt.route, deadline_s=lease.call_deadline_s()),
        )
        if not environment.is_ready:
            raise ServiceUnavailable(f"the environment is {environment.state}, not Started", code="EnvironmentNotReady")
        attempt.incarnation, attempt.runtime = environment.incarnation, environment.runtime
        self.outcomes.calling(attempt)
        lease.renew(lease.reservation_for(attempt.route, self.policy.operation_timeout))
        return _noted(attempt, "airflow/sync", lambda: target.sync(attempt.route, deadline_s=lease.call_deadline_s()))

    def _note(self, attempt: Attempt, accepted: Accepted, lease: Lease) -> Reservation | None:
        if accepted.handle is not None:
            return self._note_running(attempt, accepted, accepted.handle, lease)
        revision = self._revision_taken(attempt)
        attempt.finished_at = lease.now()
        self.outcomes.accepted(attempt, revision)
        if revision is None:
            self.outcomes.notice(attempt.route)
        return lease.reservation_for(None, self.policy.settle)

    def _note_running(self, attempt: Attempt, accepted: Accepted, handle: str, lease: Lease) -> Reservation | None:
        """Reserve the environment before anything may be lost that tells of the import; a push goes on at once."""
        listed_at = attempt.manifest.listed_at
        poll_after = min(LONGEST_POLL, timedelta(seconds=accepted.poll_after_s))
        operation = RunningSync(
            sync_id=attempt.sync_id,
            revision=None,
            listed_at=listed_at,
            files=len(attempt.manifest.files),
            handle=handle,
            next_poll=listed_at + poll_after,
            give_up_at=listed_at + self.policy.operation_timeout,
            listing=attempt.manifest.listing,
            incarnation=attempt.incarnation,
            verify=attempt.verify,
            read_back=attempt.read_back,
            forced=attempt.is_forced,
        )
        reservation = lease.reservation_for(attempt.route, self.policy.operation_timeout, operation)
        lease.renew(reservation)
        operation = operation.model_copy(update={"revision": self._revision_taken(attempt)})
        self.outcomes.running(attempt, operation)
        if attempt.route.is_pushed:
            return self.poller.poll(attempt.route, lease, operation, attempt.manifest)
        self.outcomes.notice(attempt.route, poll_after)
        return reservation

    def _revision_taken(self, attempt: Attempt) -> str | None:
        """Return the revision that ADF took, None where a write since the listing, or no second one, leaves that open.

        Without this second listing, a file that was changed before the call and changed back after it would look
        unchanged, while ADF has what it was in between. Of a push it is known file by file.
        """
        if attempt.route.is_pushed:
            return attempt.manifest.revision
        try:
            same = self.list_folder(attempt.route).is_same_as(attempt.manifest)
        except FolderUnreadable as error:
            log.warning("the folder could not be listed after the call, so it is unknown what ADF read: %s", error)
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
