"""What came of a sync: written into the route's state, its baseline and its history."""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable
from shared.folder.checks import Finding
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.alerts import reporting
from shared.sync.baseline import Baselines, Diff
from shared.sync.decide import Hold, Policy, Skip
from shared.sync.history import CallMade, Changes, Outcome, Records, SyncRecord, Uploads, new_sync_id
from shared.sync.outbox import Notifications
from shared.sync.state import Operation, RouteState, Synced, behind_since
from shared.sync.store import RouteStates
from shared.sync.wake_up import Notices
from shared.telemetry import metrics

log = logging.getLogger(__name__)

FINDINGS_KEPT = 100


@dataclass(slots=True)
class Attempt:
    """What is known of the sync so far; `calls` grows while it goes on. Times are the storage service's."""

    route: Route
    worker: str | None
    synced_before: Synced | None
    sync_id: str
    trigger: str
    manifest: Manifest
    diff: Diff = field(default_factory=lambda: Diff((), (), ()))
    findings: tuple[Finding, ...] = ()
    calls: list[CallMade] = field(default_factory=list)
    behind_since: datetime | None = None
    finished_at: datetime | None = None

    def record(self, outcome: Outcome, *, code: str | None = None, message: str | None = None) -> SyncRecord:
        """Return the attempt's record."""
        return SyncRecord(
            sync_id=self.sync_id,
            route=self.route.name,
            outcome=outcome,
            trigger=self.trigger,
            revision=self.manifest.revision,
            started_at=self.manifest.listed_at,
            finished_at=self.finished_at,
            changes=Changes.of(self.diff),
            uploads=Uploads.of(self.diff, self.manifest),
            findings=self.findings[:FINDINGS_KEPT],
            calls=tuple(self.calls),
            code=code,
            message=message,
        )


def begin(route: Route, state: RouteState, manifest: Manifest, trigger: str) -> Attempt:
    """Return the attempt that answers what was asked for, or a new one."""
    sync_id = state.requested.sync_id if state.requested else new_sync_id(manifest.listed_at)
    behind = behind_since(state, manifest)
    return Attempt(route, state.worker, state.synced, sync_id, trigger, manifest, behind_since=behind)


def ended_at_once(route: Route, state: RouteState, manifest: Manifest, trigger: str) -> Attempt:
    """Return an attempt that ended with the decision not to sync."""
    attempt = begin(route, state, manifest, trigger)
    attempt.finished_at = manifest.listed_at
    return attempt


BACK_OFF_BASE = timedelta(seconds=5)
BACK_OFF_CAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Keeps state, baseline and history of all routes.

    The record is written first and the state last: a crash in between repeats the sync, which is harmless, and its
    history shows both. Where there is a receiver of notifications, `notifications` brings it the news.
    """

    states: RouteStates
    baselines: Baselines
    records: Records
    notices: Notices
    policy: Policy
    jitter: Callable[[], float] = random.random
    notifications: Notifications | None = None

    def calling(self, attempt: Attempt) -> None:
        """ADF is about to be called; a crash before its answer is written down must not look like the state before."""
        calling = transitions.behind(attempt.behind_since, transitions.calling())
        self._update(attempt.route, attempt.worker, calling)

    def accepted(self, attempt: Attempt, revision: str | None) -> None:
        """ADF took the sync of `revision` and offers nothing to follow: it counts as done."""
        self.records.write(attempt.record("accepted"))
        baseline = self.baselines.read(attempt.route).after(attempt.manifest, attempt.sync_id)
        self.baselines.write(attempt.route, baseline)
        done = Synced(
            revision=revision,
            listed_at=attempt.manifest.listed_at,
            files=len(attempt.manifest.files),
            sync_id=attempt.sync_id,
            open_since=attempt.manifest.listed_at if revision is None else None,
        )
        synced = transitions.synced(done, removed=len(baseline.removed))
        self._end(attempt.route, attempt.worker, synced, done.sync_id, baseline.removed)

    def running(self, attempt: Attempt, operation: Operation) -> None:
        """ADF took the sync and works on it."""
        self.records.write(attempt.record("running"))
        self.baselines.stage(attempt.route, self.baselines.read(attempt.route).after(attempt.manifest, attempt.sync_id))
        self._update(attempt.route, attempt.worker, transitions.following(operation))

    def succeeded(self, route: Route, worker: str | None, operation: Operation, now: datetime) -> None:
        """An operation has come to a good end."""
        self._end_record(route, operation.sync_id, "succeeded", now)
        baseline = self.baselines.confirm(route)
        done = Synced(
            revision=operation.revision,
            listed_at=operation.listed_at,
            files=operation.files,
            sync_id=operation.sync_id,
            open_since=operation.listed_at if operation.revision is None else None,
        )
        synced = transitions.synced(done, removed=len(baseline.removed))
        self._end(route, worker, synced, done.sync_id, baseline.removed)

    def operation_failed(
        self, route: Route, worker: str | None, operation: Operation, error: ServiceError, now: datetime
    ) -> None:
        """An operation has come to a bad end, or to none in time."""
        self._end_record(route, operation.sync_id, "failed", now, error)
        self._note_failure(route, worker, operation.sync_id, operation.revision, error)

    def failed(self, attempt: Attempt, error: ServiceError) -> None:
        """ADF did not take the sync."""
        outcome: Outcome = "failed" if isinstance(error, ServiceUnavailable) else "refused"
        self.records.write(attempt.record(outcome, code=error.code, message=error.message))
        if not error.may_have_acted:
            not_called = transitions.behind(attempt.behind_since, transitions.not_called(attempt.synced_before))
            self._update(attempt.route, attempt.worker, not_called)
        self._note_failure(attempt.route, attempt.worker, attempt.sync_id, attempt.manifest.revision, error)

    def held(self, attempt: Attempt, decision: Hold) -> None:
        """A sync would do harm, or a check stands against it."""
        self.records.write(attempt.record("held", code=decision.reason, message=decision.sentence))
        holding = transitions.holding(decision, attempt.sync_id, attempt.manifest.revision)
        self._end(attempt.route, attempt.worker, transitions.behind(attempt.behind_since, holding), attempt.sync_id)

    def unreadable(self, route: Route, state: RouteState, error: FolderUnreadable, now: datetime) -> timedelta:
        """The folder could not be listed; return when to look again. The first time in a row makes a record."""
        sync_id = new_sync_id(now)
        if state.unreadable is None:
            self.records.write(
                SyncRecord(
                    sync_id=sync_id,
                    route=route.name,
                    outcome="failed",
                    trigger="FolderUnreadable",
                    started_at=now,
                    finished_at=now,
                    code=error.code,
                    message=error.message,
                )
            )
        after = self._tell(route, state.worker, transitions.unreadable(error, sync_id), sync_id)
        times = after.unreadable.count if after.unreadable else 1
        delay = self.jitter() * _span(times - 1)
        log.error("the folder could not be listed, the next look is in %.0f s: %s", delay.total_seconds(), error)
        self.notices.notice(route, delay)
        return delay

    def readable(self, route: Route, state: RouteState) -> RouteState:
        """The folder could be listed again; return the state as it is then."""
        return self._tell(route, state.worker, transitions.readable(), None)

    def unneeded(self, attempt: Attempt, decision: Skip) -> None:
        """A sync that somebody asked for turned out not to be needed."""
        self.records.write(attempt.record("unchanged", code=decision.reason, message=decision.sentence))
        unneeded = transitions.nothing_to_do(decision, attempt.sync_id)
        self._end(attempt.route, attempt.worker, unneeded, attempt.sync_id)

    def left(self, route: Route, worker: str | None, decision: Skip) -> None:
        """A look at the folder that nobody asked for found nothing to do: there is no record of it."""
        self._tell(route, worker, transitions.nothing_to_do(decision), None)

    def _update(self, route: Route, worker: str | None, change: transitions.Change) -> RouteState:
        return self.states.update(route, transitions.by(worker, change))

    def _end(
        self,
        route: Route,
        worker: str | None,
        change: transitions.Change,
        sync_id: str,
        removed: Mapping[str, datetime] | None = None,
    ) -> None:
        """Make the change that ends an attempt, and measure it unless it came too late."""
        after = self._tell(route, worker, change, sync_id, removed)
        if after.worker == worker and after.tally.latest:
            metrics.sync_ended(route.name, after.tally.latest.outcome, after.tally.latest.seconds)

    def _tell(
        self,
        route: Route,
        worker: str | None,
        change: transitions.Change,
        sync_id: str | None,
        removed: Mapping[str, datetime] | None = None,
    ) -> RouteState:
        """Make a change, with the news of it where there is somebody to be told."""
        if self.notifications is None:
            return self._update(route, worker, change)
        after = self._update(route, worker, reporting(change, sync_id, removed))
        self.notifications.ask(route, after)
        return after

    def _note_failure(
        self, route: Route, worker: str | None, sync_id: str, revision: str | None, error: ServiceError
    ) -> None:
        state = self.states.read(route).state
        delay = self._back_off(state, error) if isinstance(error, ServiceUnavailable) else self.policy.retry_refused
        log.warning(
            "the sync failed, next attempt in %.0f s at the latest: %s (request %s)",
            delay.total_seconds(),
            error,
            error.request_id,
        )
        self._end(route, worker, transitions.failed(error, sync_id, revision, delay), sync_id)
        if isinstance(error, ServiceUnavailable):
            self.notices.notice(route, delay)

    def _back_off(self, state: RouteState, error: ServiceUnavailable) -> timedelta:
        """Return full jitter over a doubling span, with what ARM asked for as its floor."""
        return timedelta(seconds=error.retry_after_s or 0) + self.jitter() * _span(transitions.failures_in_a_row(state))

    def _end_record(
        self, route: Route, sync_id: str, outcome: Outcome, now: datetime, error: ServiceError | None = None
    ) -> None:
        record = self.records.read(route.name, sync_id)
        if record:
            ended = {"outcome": outcome, "finished_at": now}
            why = {"code": error.code, "message": error.message} if error else {}
            self.records.write(record.model_copy(update=ended | why))


def _span(failures: int) -> timedelta:
    """Return the longest time to the next attempt after so many failures in a row before this one."""
    return min(BACK_OFF_CAP, BACK_OFF_BASE * 2.0 ** min(failures, 16))
