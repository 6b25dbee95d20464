"""Reconciling a route: take the lease, clear the notice, list the folder, decide, act, remember."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from azure.core.exceptions import AzureError

from shared.errors import FolderUnreadable, ServiceError, ServiceRefusal, StateConflict
from shared.folder.checks import UNKNOWN, Finding, Runtime
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.airflow_looks import AirflowLooks
from shared.sync.attempt import Attempt, begin, ended_at_once
from shared.sync.baseline_store import Baselines, LoadedBaseline
from shared.sync.decide import RESOLUTION, Decision, Hold, Policy, Poll, Skip, Sync, Wait, decide
from shared.sync.doubts import Doubts
from shared.sync.execute import Executor, Tried
from shared.sync.inspection import Inspector, ToRead
from shared.sync.lease import CALL_DEADLINE_S, Lease, Leases
from shared.sync.outcomes import Outcomes
from shared.sync.poll import Poller
from shared.sync.state import RouteState, RunningSync, behind_since
from shared.sync.store import RouteStates, Transition
from shared.sync.wake_up import WakeUps
from shared.targets.port import Target
from shared.telemetry import metrics
from shared.telemetry.fields import bound

log = logging.getLogger(__name__)

# Files may be in doubt, and then have to be checked; a folder that changes meanwhile is left to the next wake-up.
_MOST_TURNS = 4
# How often an environment is asked for whose folder does not change; it may have been made anew.
ENVIRONMENT_CHECK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FolderLook:
    """What a look at a folder has found, and what is to be done about it.

    `loaded` is what was synced last, None where that was not needed; `findings` are those that may stop a sync, and
    `unreadable` is a file that stops it for now.
    """

    state: RouteState
    manifest: Manifest
    decision: Decision
    loaded: LoadedBaseline | None = None
    findings: tuple[Finding, ...] = ()
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A look and what was done; `taken` is a sync that ADF took, whose files are still to be looked into."""

    decision: Decision
    taken: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings an environment up to date with its folder; any number of workers may run it at once."""

    states: RouteStates
    baselines: Baselines
    leases: Leases
    wake_ups: WakeUps
    list_folder: Callable[[Route], Manifest]
    target_of: Callable[[Route], Target]
    executor: Executor
    poller: Poller
    inspector: Inspector
    doubts: Doubts
    outcomes: Outcomes
    policy: Policy
    airflow_looks: AirflowLooks | None = None

    def answer(self, route: Route, due: datetime | None) -> None:
        """Answer a wake-up: look at the route's folder, though not before it is due. Raises what `reconcile` does."""
        with bound(route=route.name):
            is_due = due is None or self.wake_ups.wait_until_due(route, due)
        if is_due:
            self.reconcile(route)

    def reconcile(self, route: Route) -> Decision:
        """Look at the route's folder and do what it takes; return what was decided.

        Raises whatever the storage raises; the queue then brings the wake-up again.
        """
        with bound(route=route.name):
            decision = self._reconcile(route)
        if self.airflow_looks:
            self.airflow_looks.attend(route)
        return decision

    def _reconcile(self, route: Route) -> Decision:
        for _ in range(_MOST_TURNS):
            turn = self._turn(route)
            if isinstance(turn, Turn):
                break
            self.inspector.look_into(route, turn, self._runtime(route) if turn.diff else UNKNOWN)
        else:
            self.wake_ups.notice(route)
            return Wait("FilesChanging", "files were changed again while they were read", self.policy.quiet)
        if turn.taken:
            self._follow_up(turn.taken)
        return turn.decision

    def _runtime(self, route: Route) -> Runtime:
        """Return what runs in the environment, as far as that can be told now."""
        try:
            return self.target_of(route).environment_state(route, deadline_s=CALL_DEADLINE_S).runtime
        except ServiceError as error:
            log.info("the checks do not know what runs in the environment: %s", error)
            return UNKNOWN

    def _follow_up(self, attempt: Attempt) -> None:
        """Look into the files of a sync that was made; a failure takes nothing back of it."""
        try:
            self.inspector.follow_up(attempt)
        except (AzureError, StateConflict) as error:
            log.warning("sync %s was made, but its files were not checked: %s", attempt.sync_id, error)

    def _turn(self, route: Route) -> Turn | ToRead:
        """Look at the folder and act under the lease, or return what has to be read first, without the lease."""
        lease = self.leases.take(route)
        if lease is None:
            self.doubts.glance(route)
            delay = min(self.policy.quiet + RESOLUTION, self.leases.taken_for(route))
            self.wake_ups.notice(route, delay, no_later=True)
            busy = "another worker or another sync has this environment"
            return Turn(Wait("EnvironmentBusy", busy, self.policy.quiet))
        try:
            found = self._look(route, lease)
        except Exception:
            lease.release(lease.reservation)
            raise
        if not isinstance(found, FolderLook):
            lease.release(lease.reservation)
            return found if isinstance(found, ToRead) else Turn(found)
        # From here on an import may be started without a note of it, if storage fails: then the lease is not released
        # but expires, so that no other import begins meanwhile.
        tried = self._act(route, lease, found)
        lease.release(tried.reservation)
        if not isinstance(found.decision, Wait):
            self._turn_to_next_request(route, self.policy.settle if tried.reservation else timedelta(0))
        return Turn(found.decision, tried.taken)

    def _turn_to_next_request(self, route: Route, settle: timedelta) -> None:
        """Have a request looked at that waited its turn: its own message may have found the environment taken."""
        known = self.states.recall(route)
        if known and known.state.requested and known.state.operation is None:
            self.wake_ups.notice(route, settle + RESOLUTION, no_later=True)

    def _look(self, route: Route, lease: Lease) -> FolderLook | Wait | ToRead:
        """Return what the folder holds and what to do about it; to wait where it cannot be listed; what is unread."""
        state = taken = self._taken_over(route, lease)
        try:
            manifest = self.list_folder(route)
        except FolderUnreadable as error:
            delay = self.outcomes.unreadable(route, state, error, lease.now())
            return Wait("FolderUnreadable", "the folder could not be listed", delay)
        if state.unreadable:
            state = self.outcomes.readable(route, state)
        if state.ignored != manifest.ignored:
            state = self._change(route, state, transitions.ignoring(manifest.ignored))
        found = self.doubts.weigh(route, state, manifest)
        if isinstance(found, ToRead):
            return found
        state, manifest, loaded = found
        if self.policy.expects_events and taken.looking and taken.looking.by_sweep:
            state = self.outcomes.swept(route, taken, state, manifest)
        decision = decide(state, manifest, self.policy, deletes=route.deletes)
        # A job's id is never used again, and what it holds is looked at once a day.
        if not route.is_pushed and self._may_have_been_replaced(state, manifest, decision):
            state = self._environment_checked(route, state, lease)
            decision = decide(state, manifest, self.policy, deletes=route.deletes)
        _tell(route, state, manifest, decision)
        return self._with_findings(route, FolderLook(state, manifest, decision, loaded))

    def _taken_over(self, route: Route, lease: Lease) -> RouteState:
        """Clear the notice before the listing: whatever changes after that raises one that arms a new wake-up."""

        def take_over(state: RouteState, now: datetime) -> RouteState:
            if lease.seconds_left() <= 0:
                raise StateConflict(f"the lease of route {route.name} ended before its work began")
            return transitions.taken_over(lease.token, route.target)(state, now)

        state = self.states.update(route, take_over, self.states.recall(route))
        operation = lease.operation_of(route)
        if operation and state.operation is None and not _has_ended(operation, state):
            state = self._change(route, state, transitions.following(operation))
        elif _is_over(operation, state):
            # What the environment was reserved for has ended, and its worker was lost before it said so.
            lease.reservation = None
        if state.calling:
            state = self.outcomes.lost(route, state.worker, state.calling)
        return state

    def _may_have_been_replaced(self, state: RouteState, manifest: Manifest, decision: Decision) -> bool:
        """Whether it is time to ask if the environment is still the one that was synced to, or is there again."""
        is_gone = state.failure is not None and state.failure.status == HTTPStatus.NOT_FOUND
        asks = decision.reason == "Unchanged" or (decision.reason == "Refused" and is_gone)
        seen_at = state.environment_seen_at
        return asks and (seen_at is None or manifest.listed_at - seen_at >= ENVIRONMENT_CHECK)

    def _environment_checked(self, route: Route, state: RouteState, lease: Lease) -> RouteState:
        try:
            found = self.target_of(route).environment_state(route, deadline_s=lease.call_deadline_s())
        except ServiceRefusal as refusal:
            is_gone = refusal.status == HTTPStatus.NOT_FOUND
            steps = [transitions.environment_seen(), *([transitions.doubted()] if is_gone else [])]
        except ServiceError as error:
            log.info("the environment could not be checked: %s", error)
            steps = [transitions.environment_seen()]
        else:
            known = state.synced.incarnation if state.synced else None
            is_other = known is not None and found.incarnation != known
            steps = [
                transitions.environment_seen(),
                transitions.retry_now(),
                *([transitions.doubted()] if is_other else []),
            ]
        return self._change(route, state, *steps)

    def _with_findings(self, route: Route, look: FolderLook) -> FolderLook | ToRead:
        """Return the look with what the checks say, where that may stop the sync."""
        is_forced = look.decision.reason == "Forced"
        if not isinstance(look.decision, Sync) or self.policy.dag_checks != "block" or is_forced:
            return look
        loaded = look.loaded or self.baselines.load(route)
        diff = loaded.baseline.diff(look.manifest)
        verdict = self.inspector.verdict(route, look.manifest, diff)
        if verdict is None:
            return ToRead(look.manifest, diff=diff)
        if verdict.unreadable:
            self.inspector.forget_verdict(route)
        return replace(look, loaded=loaded, findings=verdict.findings, unreadable=verdict.unreadable)

    def _act(self, route: Route, lease: Lease, look: FolderLook) -> Tried:
        """Do what was decided; return for whom the environment stays reserved."""
        state, manifest = look.state, look.manifest
        match look.decision:
            case Sync() as decision:
                attempt = begin(route, state, manifest, decision.reason)
                attempt.loaded, attempt.findings, attempt.unreadable = look.loaded, look.findings, look.unreadable
                return self.executor.run(attempt, lease)
            case Poll(operation=operation):
                return Tried(self.poller.poll(route, lease, operation, manifest))
            case Wait() as decision:
                self._change(route, state, transitions.waiting(decision, manifest))
                self.outcomes.notice(route, decision.delay)
            case (Skip() | Hold()) as decision:
                self._leave(route, look, decision)
        return Tried(lease.reservation)

    def _leave(self, route: Route, look: FolderLook, decision: Skip | Hold) -> None:
        """Do not sync. A sync that was requested, or that needs a decision by an operator, has a record."""
        state, manifest = look.state, look.manifest
        match decision:
            case Hold() if state.held is None or state.held.revision != manifest.revision or state.requested:
                self.outcomes.held(ended_at_once(route, state, manifest, decision.reason), decision)
            case Hold():
                self._change(route, state, transitions.looked())
            case Skip() if state.requested:
                self.outcomes.unneeded(ended_at_once(route, state, manifest, decision.reason), decision)
            case Skip():
                self._renew_baseline(route, look)
                self.outcomes.left(route, state.worker, decision, manifest)

    def _renew_baseline(self, route: Route, look: FolderLook) -> None:
        """Keep the ETags of files that were written again with the same bytes, so that they are not read again."""
        synced, manifest = look.state.synced, look.manifest
        if look.decision.reason == "Unchanged" and synced and synced.listing != manifest.listing:
            self.baselines.update(route, lambda before: before.renewed(manifest), look.loaded)

    def _change(self, route: Route, state: RouteState, *steps: Transition) -> RouteState:
        return self.outcomes.change(route, state.worker, *steps)


def _is_over(operation: RunningSync | None, state: RouteState) -> bool:
    """Whether nothing is under way that an environment may be reserved for, like this operation."""
    if state.operation or state.calling:
        return False
    is_known = state.synced is not None and state.synced.revision is not None
    return is_known or (operation is not None and _has_ended(operation, state))


def _has_ended(operation: RunningSync, state: RouteState) -> bool:
    ended = (state.synced, state.failure)
    return any(each and each.sync_id == operation.sync_id for each in ended)


def _tell(route: Route, state: RouteState, manifest: Manifest, decision: Decision) -> None:
    """Log and measure what a look at the folder has found."""
    since = behind_since(state, manifest)
    metrics.pending_seen(route.name, (manifest.listed_at - since).total_seconds() if since else 0.0)
    log.info(
        "%s %s at %s, %d files: %s",
        type(decision).__name__,
        decision.reason,
        manifest.revision,
        len(manifest.files),
        decision.sentence,
    )
