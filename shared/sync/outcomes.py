"""What came of a sync: written into the route's state, its baseline and its history."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable, Throttled
from shared.folder.checks import Finding
from shared.folder.manifest import Manifest
from shared.rest.backoff import BackOff
from shared.route import Route
from shared.sync import arrivals, asking_airflow, transitions
from shared.sync.alerts import alerted, told_of_events
from shared.sync.attempt import Attempt
from shared.sync.baseline import Baseline
from shared.sync.baseline_store import Baselines
from shared.sync.decide import RESOLUTION, Hold, Policy, Skip
from shared.sync.history import CallMade, History, Outcome, SyncRecord, new_sync_id
from shared.sync.outbox import Outbox
from shared.sync.state import Calling, RouteState, RunningSync, Synced
from shared.sync.store import RouteStates, Transition
from shared.sync.wake_up import WakeUps
from shared.telemetry import metrics

log = logging.getLogger(__name__)

_BACK_OFF = BackOff(base_s=5, cap_s=600)
_FOR_QUOTA = BackOff(base_s=5, cap_s=60)
# In seconds. A wait for the quota stops requested syncs too, so it is cut short whatever the service asks for.
_LONGEST_FOR_QUOTA_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Keeps state, baseline and history of all routes.

    The record is written first and the state last: a crash in between repeats the sync, which is harmless, and its
    history shows both. Where there is a receiver of notifications, `outbox` sends it the alerts.
    """

    states: RouteStates
    baselines: Baselines
    history: History
    wake_ups: WakeUps
    policy: Policy
    outbox: Outbox | None
    jitter: Callable[[], float]

    def calling(self, attempt: Attempt) -> None:
        """ADF is about to be called; a crash before its answer is written down must not look like the state before."""
        call = Calling(
            sync_id=attempt.sync_id,
            trigger=attempt.trigger,
            revision=attempt.manifest.revision,
            at=attempt.manifest.listed_at,
            forced=attempt.is_forced,
        )
        self.change(attempt.route, attempt.worker, transitions.behind(attempt.behind_since), transitions.calling(call))

    def accepted(self, attempt: Attempt, revision: str | None) -> None:
        """ADF took the sync of `revision` and offers nothing to follow: it counts as done."""
        self.history.write(attempt.record("accepted"))
        baseline = self.baselines.update(attempt.route, attempt.after, attempt.loaded)
        done = Synced(
            revision=revision,
            listed_at=attempt.manifest.listed_at,
            files=len(attempt.manifest.files),
            sync_id=attempt.sync_id,
            open_since=attempt.manifest.listed_at if revision is None else None,
            listing=attempt.manifest.listing,
            incarnation=attempt.incarnation,
            until=(attempt.finished_at or attempt.manifest.listed_at) + self.policy.settle + RESOLUTION,
        )
        self._end_synced(attempt.route, attempt.worker, done, baseline.removed)

    def running(self, attempt: Attempt, operation: RunningSync) -> None:
        """ADF took the sync and works on it."""
        self.history.write(attempt.record("running"))
        self.baselines.stage(attempt.route, attempt.after, attempt.loaded)
        self.change(attempt.route, attempt.worker, transitions.following(operation))

    def succeeded(self, route: Route, worker: str, operation: RunningSync, now: datetime) -> None:
        """ADF finished an import that was followed, or the relay one that it took further itself."""
        not_sent: tuple[Finding, ...] = ()
        if route.is_pushed:
            baseline, is_known = self.baselines.settle(route, worker, operation.sync_id)
            removed, not_sent = baseline.removed, tuple(_not_sent(route, baseline))
            self._end_record(route, operation, "succeeded", now, findings=not_sent)
        else:
            self._end_record(route, operation, "succeeded", now)
            removed, is_known = self.baselines.confirm(route, operation.sync_id)
        done = Synced(
            revision=operation.revision if is_known else None,
            listed_at=operation.listed_at,
            files=operation.files,
            sync_id=operation.sync_id,
            open_since=operation.listed_at if operation.revision is None or not is_known else None,
            listing=operation.listing,
            incarnation=operation.incarnation,
            until=None if route.is_pushed else now + RESOLUTION,
        )
        verified_at = now if operation.verify else None
        self._end_synced(route, worker, done, removed, not_sent=len(not_sent), verified_at=verified_at)

    def never_begun(self, route: Route, worker: str, operation: RunningSync) -> None:
        """A worker was lost before it began the push: the folder is synced anew."""
        call = Calling(
            sync_id=operation.sync_id,
            trigger="Resumed",
            revision=operation.revision,
            at=operation.listed_at,
            forced=operation.forced,
        )
        self.lost(route, worker, call)

    def operation_failed(
        self, route: Route, worker: str | None, operation: RunningSync, error: ServiceError, now: datetime
    ) -> None:
        """An import that was followed failed, or did not end in time."""
        self._end_record(route, operation, "failed", now, error=error)
        self._end_failed(route, worker, operation.sync_id, operation.revision, error, forced=False)

    def failed(self, attempt: Attempt, error: ServiceError) -> None:
        """ADF did not take the sync."""
        outcome: Outcome = "failed" if isinstance(error, ServiceUnavailable) else "refused"
        self.history.write(attempt.record(outcome, code=error.code, message=error.message))
        if not error.may_have_acted:
            behind, not_called = transitions.behind(attempt.behind_since), transitions.not_called(attempt.synced_before)
            self.change(attempt.route, attempt.worker, behind, not_called)
        revision = attempt.manifest.revision
        self._end_failed(attempt.route, attempt.worker, attempt.sync_id, revision, error, forced=attempt.is_forced)

    def throttled(self, attempt: Attempt, error: Throttled) -> None:
        """ADF took no call for now: a wait and no failure, without a record, and a request for the sync stays open."""
        before = self.states.read(attempt.route).state.quota_wait
        asked_s = min(error.retry_after_s or 0.0, _LONGEST_FOR_QUOTA_S)
        wait_s = _FOR_QUOTA.wait_s(before.count + 1 if before else 1, self.jitter(), asked_s)
        delay = timedelta(seconds=wait_s)
        log.info("no more calls are taken for now, trying again within %.0f s: %s", wait_s, error)
        behind, not_called = transitions.behind(attempt.behind_since), transitions.not_called(attempt.synced_before)
        self.change(attempt.route, attempt.worker, behind, not_called, transitions.throttled(delay))
        self.notice(attempt.route, delay)

    def lost(self, route: Route, worker: str | None, call: Calling) -> RouteState:
        """A worker was lost while it called ADF; return the state as it is then."""
        message = f"the worker was lost while it called {route.service}: outcome unknown, the sync will be repeated"
        self.history.write(
            SyncRecord(
                sync_id=call.sync_id,
                route=route.name,
                outcome="failed",
                trigger=call.trigger,
                revision=call.revision,
                started_at=call.at,
                code="OutcomeUnknown",
                message=message,
            )
        )
        return self.change(route, worker, transitions.lost(call))

    def held(self, attempt: Attempt, decision: Hold) -> None:
        """A sync would do harm, or a check stands against it."""
        self.history.write(attempt.record("held", code=decision.reason, message=decision.sentence))
        holding = transitions.holding(decision, attempt.sync_id, attempt.manifest.revision)
        behind = transitions.behind(attempt.behind_since)
        self._end(attempt.route, attempt.worker, behind, holding, sync_id=attempt.sync_id)

    def unreadable(self, route: Route, state: RouteState, error: FolderUnreadable, now: datetime) -> timedelta:
        """The folder could not be listed; return when to look again. The first time in a row makes a record."""
        sync_id = new_sync_id(now)
        if state.unreadable is None:
            self.history.write(_unreadable_record(route, sync_id, error, now))
        after = self.change(route, state.worker, transitions.unreadable(error, sync_id), sync_id=sync_id)
        times = after.unreadable.count if after.unreadable else 1
        delay = timedelta(seconds=_BACK_OFF.wait_s(times, self.jitter()))
        log.error("the folder could not be listed, looking again in %.0f s: %s", delay.total_seconds(), error)
        self.notice(route, delay)
        return delay

    def readable(self, route: Route, state: RouteState) -> RouteState:
        """The folder could be listed again; return the state as it is then."""
        return self.change(route, state.worker, transitions.readable())

    def swept(self, route: Route, taken: RouteState, state: RouteState, manifest: Manifest) -> RouteState:
        """A look that only a sweep asked for began with the state `taken`; return the state with what that says."""
        judge = arrivals.swept(taken, manifest, self.policy.quiet + RESOLUTION)
        is_change = judge(state, manifest.listed_at) != state
        after = self.change(route, state.worker, judge) if is_change else state
        if after.arrivals.unannounced > state.arrivals.unannounced:
            log.warning("a sweep found an upload of which no event told; do events arrive?")
        return after

    def unneeded(self, attempt: Attempt, decision: Skip) -> None:
        """A sync was requested and turned out not to be needed."""
        self.history.write(attempt.record("unchanged", code=decision.reason, message=decision.sentence))
        unneeded = transitions.nothing_to_do(decision, attempt.manifest.listing, attempt.sync_id)
        self._end(attempt.route, attempt.worker, unneeded, sync_id=attempt.sync_id)

    def left(self, route: Route, worker: str | None, decision: Skip, manifest: Manifest) -> None:
        """A look at the folder that was not requested found nothing to do: there is no record of it."""
        self.change(route, worker, transitions.nothing_to_do(decision, manifest.listing))

    def change(
        self,
        route: Route,
        worker: str | None,
        *steps: Transition,
        sync_id: str | None = None,
        removed: Mapping[str, datetime] | None = None,
    ) -> RouteState:
        """Apply the steps in their order, then raise the alerts; nothing of it if another worker has taken over.

        `sync_id` is the attempt that the change comes of, `removed` the files that ADF keeps after it.
        """

        def change(before: RouteState, now: datetime) -> RouteState:
            if before.worker != worker:
                return before
            after = before
            for step in steps:
                after = step(after, now)
            if self.outbox is None:
                return after
            return told_of_events(before, alerted(before, after, now, sync_id, removed or {}), now)

        after = self.states.update(route, change, self.states.recall(route))
        if self.outbox:
            self.outbox.ask(route, after)
        return after

    def notice(self, route: Route, delay: timedelta | None = None) -> None:
        """Have the folder looked at again after `delay`, now that what came of this look has been written down."""
        self.wake_ups.notice(route, delay, written=self.states.recall(route))

    def _end(
        self,
        route: Route,
        worker: str | None,
        *steps: Transition,
        sync_id: str,
        removed: Mapping[str, datetime] | None = None,
    ) -> None:
        """Make the change that ends an attempt, and measure it unless it came too late."""
        after = self.change(route, worker, *steps, sync_id=sync_id, removed=removed)
        if after.worker == worker and after.tally.latest:
            metrics.sync_ended(route.name, after.tally.latest.outcome, after.tally.latest.seconds)

    def _end_synced(  # noqa: PLR0913 - what is known of a sync that is done
        self,
        route: Route,
        worker: str | None,
        done: Synced,
        removed: Mapping[str, datetime],
        *,
        not_sent: int = 0,
        verified_at: datetime | None = None,
    ) -> None:
        steps = [transitions.synced(done, len(removed), not_sent, verified_at)]
        if self.policy.ask_airflow and not route.is_pushed:
            steps.append(asking_airflow.begun(done.sync_id, self.policy.ask_airflow))
        self._end(route, worker, *steps, sync_id=done.sync_id, removed=removed)

    def _end_failed(  # noqa: PLR0913 - what is remembered of a failure
        self,
        route: Route,
        worker: str | None,
        sync_id: str,
        revision: str | None,
        error: ServiceError,
        *,
        forced: bool,
    ) -> None:
        delay = self._delay_after(route, error)
        log.warning(
            "the sync failed, retrying within %.0f s: %s (request %s)", delay.total_seconds(), error, error.request_id
        )
        self._end(route, worker, transitions.failed(error, sync_id, revision, delay, forced=forced), sync_id=sync_id)
        if isinstance(error, ServiceUnavailable):
            self.notice(route, delay)

    def _delay_after(self, route: Route, error: ServiceError) -> timedelta:
        if not isinstance(error, ServiceUnavailable):
            return self.policy.retry_refused
        failures = transitions.failures_in_a_row(self.states.read(route).state) + 1
        return timedelta(seconds=_BACK_OFF.wait_s(failures, self.jitter(), error.retry_after_s or 0))

    def _end_record(  # noqa: PLR0913 - what is known at the end
        self,
        route: Route,
        operation: RunningSync,
        outcome: Outcome,
        now: datetime,
        *,
        error: ServiceError | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        """End the record of a followed sync, which a crash may have kept from being written."""
        resumed = SyncRecord(
            sync_id=operation.sync_id,
            route=route.name,
            outcome="running",
            trigger="Resumed",
            revision=operation.revision,
            started_at=operation.listed_at,
        )
        ended = {"outcome": outcome, "finished_at": now}
        why = {"code": error.code, "message": error.message} if error else {}

        def end(known: SyncRecord | None) -> SyncRecord:
            record = known or resumed
            last = () if record.calls[-1:] == _last_call(error) else _last_call(error)
            calls = {"calls": (*record.calls, *last)}
            return record.with_findings(findings).model_copy(update=ended | why | calls)

        self.history.amend(route.name, operation.sync_id, end)


def _not_sent(route: Route, baseline: Baseline) -> Iterator[Finding]:
    """Yield the files that the target cannot take as they are, for the record of the sync."""
    for name, version in baseline.not_sent.items():
        path = name.removeprefix(route.folder.listing_prefix)
        yield Finding(path, None, "NotSent", version.sentence, blocking=False)


def _last_call(error: ServiceError | None) -> tuple[CallMade, ...]:
    """Return the call that ended a sync, if the error is the answer to one."""
    if error is None or error.status is None:
        return ()
    return (CallMade(operation="push", status=error.status, request_id=error.request_id, code=error.code),)


def _unreadable_record(route: Route, sync_id: str, error: FolderUnreadable, now: datetime) -> SyncRecord:
    return SyncRecord(
        sync_id=sync_id,
        route=route.name,
        outcome="failed",
        trigger="FolderUnreadable",
        started_at=now,
        finished_at=now,
        code=error.code,
        message=error.message,
    )
