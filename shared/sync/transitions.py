"""How a route's state changes: pure functions, each applied to the latest state by its writer."""

from datetime import datetime, timedelta

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable
from shared.folder.manifest import Ignored, Manifest
from shared.sync.decide import Hold, Skip, Wait
from shared.sync.state import (
    Calling,
    Failure,
    Held,
    Looking,
    OpenFindings,
    Pending,
    QuotaWait,
    Requested,
    RouteState,
    RunningSync,
    Seen,
    Synced,
    Unreadable,
    behind_since,
)
from shared.sync.store import Transition

_NOTHING_TO_SYNC = frozenset({"Unchanged", "NothingToImport"})


def taken_over(worker: str, target: str) -> Transition:
    """A worker answers a wake-up: whatever changes from here on needs another one.

    What is known about another target says nothing about this one.
    """

    def change(state: RouteState, now: datetime) -> RouteState:
        known = state if state.target in {None, target} else _retargeted(state, now)
        due = state.looking.since if state.looking else state.pending.since if state.pending else now
        cause = state.pending or state.looking
        # A wake-up that is not noted yet, or no more: a sweep's, unless a sync was requested. An event notes itself.
        by_sweep = cause.by_sweep if cause else state.requested is None
        return _with(
            known,
            pending=None,
            worker=worker,
            requested=_taken(state.requested, taken=True),
            looking=Looking(since=due, began=now, by_sweep=by_sweep),
            target=target,
        )

    return change


def _retargeted(state: RouteState, now: datetime) -> RouteState:
    known = operation_doubted()(doubted()(state, now), now)
    return _with(
        known,
        synced=_forced(known.synced, forced=False),
        failure=None,
        quota_wait=None,
        held=None,
        burst_since=None,
        seen=None,
        removed=0,
        verified_at=None,
        asking=None,
        airflow=None,
    )


def doubted() -> Transition:
    """It has become unknown whether ADF has what was synced last: the folder is synced again."""

    def change(state: RouteState, now: datetime) -> RouteState:
        if state.synced is None or state.synced.revision is None:
            return state
        return _with(state, synced=_opened(state.synced, now), behind_since=state.behind_since or now)

    return change


def doubted_of(sync_id: str) -> Transition:
    """As above, if that sync is still the last one: for a look that has no lease."""

    def change(state: RouteState, now: datetime) -> RouteState:
        return doubted()(state, now) if state.synced and state.synced.sync_id == sync_id else state

    return change


def _opened(synced: Synced | None, now: datetime) -> Synced | None:
    if synced is None or synced.revision is None:
        return synced
    return synced.model_copy(update={"revision": None, "open_since": now})


def _forced(synced: Synced | None, *, forced: bool) -> Synced | None:
    return synced and synced.model_copy(update={"forced": forced})


def operation_doubted() -> Transition:
    """The folder was changed while ADF worked on a sync, so that it is unknown which files it read."""
    return lambda state, _now: _with(
        state, operation=state.operation and state.operation.model_copy(update={"revision": None})
    )


def environment_seen() -> Transition:
    """The environment is still the one that was synced to."""
    return lambda state, now: _with(state, environment_seen_at=now)


def retry_now() -> Transition:
    """What stood against the sync that failed may be over: it is tried again without a further wait."""
    return lambda state, now: _with(
        state, failure=state.failure and state.failure.model_copy(update={"next_attempt": now})
    )


def ignoring(found: Ignored) -> Transition:
    """The folder holds these files that are not imported."""
    return lambda state, _now: _with(state, ignored=found)


def looked() -> Transition:
    """A look at the folder has ended without any other change."""
    return lambda state, _now: _ended(state)


def by(worker: str | None, change: Transition) -> Transition:
    """The change, unless another worker has taken over since: then what this one found out comes too late."""
    return lambda state, now: change(state, now) if state.worker == worker else state


def behind(since: datetime | None) -> Transition:
    """The route has been behind its folder since then."""
    return lambda state, _now: _with(state, behind_since=since)


def waiting(decision: Wait, manifest: Manifest) -> Transition:
    """The folder is to be looked at again later."""

    def change(state: RouteState, _now: datetime) -> RouteState:
        same = state.seen is not None and state.seen.revision == manifest.revision
        seen = state.seen if same else Seen(revision=manifest.revision, at=manifest.listed_at)
        return _ended(
            state,
            burst_since=decision.burst_since,
            behind_since=behind_since(state, manifest),
            seen=seen,
            requested=_taken(state.requested, taken=False),
        )

    return change


def nothing_to_do(decision: Skip, listing: str, sync_id: str | None = None) -> Transition:
    """The folder, of this listing, needs no sync; a request for one, of this id, is answered by that."""

    def change(state: RouteState, _now: datetime) -> RouteState:
        unchanged = decision.reason == "Unchanged"
        return _ended(
            state,
            synced=state.synced.model_copy(update={"listing": listing}) if state.synced and unchanged else state.synced,
            quota_wait=None,
            burst_since=None,
            behind_since=None if decision.reason in _NOTHING_TO_SYNC else state.behind_since,
            seen=None,
            held=None,
            failure=None if unchanged else state.failure,
            requested=_unanswered(state, sync_id),
            tally=state.tally.plus("unchanged") if sync_id else state.tally,
        )

    return change


def holding(decision: Hold, sync_id: str, revision: str) -> Transition:
    """A change waits for an operator."""

    def change(state: RouteState, now: datetime) -> RouteState:
        since = state.held.since if state.held and state.held.revision == revision else now
        held = Held(revision=revision, reason=decision.reason, sentence=decision.sentence, since=since)
        return _ended(
            state,
            held=held,
            quota_wait=None,
            burst_since=None,
            seen=None,
            requested=_unanswered(state, sync_id),
            tally=state.tally.plus("held"),
        )

    return change


def unreadable(error: FolderUnreadable, sync_id: str) -> Transition:
    """The folder could not be listed, so that it is unknown what it holds; everything else stays as it is."""

    def change(state: RouteState, now: datetime) -> RouteState:
        before = state.unreadable
        found = Unreadable(
            sync_id=before.sync_id if before else sync_id,
            since=before.since if before else now,
            count=before.count + 1 if before else 1,
            code=error.code,
            message=error.message,
        )
        return _ended(state, unreadable=found, requested=_taken(state.requested, taken=False))

    return change


def readable() -> Transition:
    """The folder can be listed again."""
    return lambda state, _now: _with(state, unreadable=None)


def calling(call: Calling) -> Transition:
    """ADF is about to be called: until the outcome is known, it is unknown which revision it has."""
    return lambda state, now: _with(state, calling=call, synced=_opened(state.synced, now))


def lost(call: Calling) -> Transition:
    """A worker was lost while it called ADF, which may have taken the sync, or before it began a push."""

    def change(state: RouteState, now: datetime) -> RouteState:
        nothing = Synced(revision=None, listed_at=call.at, files=0, sync_id=call.sync_id, open_since=call.at)
        known = _forced(doubted()(state, now).synced or nothing, forced=call.forced)
        # The look that finds this out goes on, and answers the request that is next.
        requested = _taken(_unanswered(state, call.sync_id), taken=True)
        return _with(state, calling=None, operation=None, synced=known, requested=requested)

    return change


def following(operation: RunningSync) -> Transition:
    """ADF accepted a sync and works on it."""
    return lambda state, _now: _ended(
        state,
        operation=operation,
        calling=None,
        quota_wait=None,
        held=None,
        burst_since=None,
        seen=None,
        requested=_unanswered(state, operation.sync_id),
    )


def still_running(handle: str, next_poll: datetime, give_up_at: datetime) -> Transition:
    """ADF still works on the sync."""
    update = {"handle": handle, "next_poll": next_poll, "give_up_at": give_up_at}
    return lambda state, _now: _ended(
        state,
        operation=state.operation and state.operation.model_copy(update=update),
        requested=_taken(state.requested, taken=False),
    )


def synced(done: Synced, removed: int, not_sent: int = 0, verified_at: datetime | None = None) -> Transition:
    """ADF took a revision over."""

    def change(state: RouteState, now: datetime) -> RouteState:
        return _ended(
            state,
            synced=done,
            environment_seen_at=now,
            removed=removed,
            not_sent=not_sent,
            verified_at=verified_at or state.verified_at,
            calling=None,
            operation=None,
            failure=None,
            quota_wait=None,
            held=None,
            burst_since=None,
            behind_since=None if done.revision else done.listed_at,
            seen=None,
            requested=_unanswered(state, done.sync_id),
            tally=state.tally.plus("succeeded" if state.operation else "accepted", _seconds_behind(state, now)),
        )

    return change


def _seconds_behind(state: RouteState, now: datetime) -> float | None:
    return max(0.0, (now - state.behind_since).total_seconds()) if state.behind_since else None


def findings_seen(findings: OpenFindings) -> Transition:
    """The checks have looked into the files of a sync that was made."""
    return lambda state, _now: _with(state, findings=findings)


def not_called(before: Synced | None) -> Transition:
    """ADF did not take the call, so that it still has what it had before."""
    return lambda state, _now: _with(state, synced=before, calling=None)


def failed(
    error: ServiceError, sync_id: str, revision: str | None, delay: timedelta, *, forced: bool = False
) -> Transition:
    """A sync failed; it may be tried again after `delay`, as `forced` as it was."""

    def change(state: RouteState, now: datetime) -> RouteState:
        failure = Failure(
            sync_id=sync_id,
            revision=revision,
            transient=isinstance(error, ServiceUnavailable),
            count=failures_in_a_row(state) + 1,
            at=now,
            next_attempt=now + delay,
            code=error.code,
            message=error.message,
            status=error.status,
            request_id=error.request_id,
            since=(state.failure.since or state.failure.at) if state.failure else now,
            forced=forced,
        )
        return _ended(
            state,
            failure=failure,
            synced=_forced(state.synced, forced=False),
            quota_wait=None,
            calling=None,
            operation=None,
            burst_since=None,
            behind_since=state.behind_since or now,
            seen=None,
            requested=_unanswered(state, sync_id),
            tally=state.tally.plus("failed" if failure.transient or state.operation else "refused"),
        )

    return change


def throttled(delay: timedelta) -> Transition:
    """The target takes no more calls for now: the sync, and a request for one, wait for `delay`."""

    def change(state: RouteState, now: datetime) -> RouteState:
        before = state.quota_wait
        wait = QuotaWait(
            since=before.since if before else now, until=now + delay, count=before.count + 1 if before else 1
        )
        return _ended(state, quota_wait=wait, requested=_taken(state.requested, taken=False))

    return change


def failures_in_a_row(state: RouteState) -> int:
    """Return how many syncs have failed since the last good one."""
    return state.failure.count if state.failure else 0


def requested(sync_id: str, *, force: bool, read_back: bool = False) -> Transition:
    """A sync is requested; a request that comes before a worker has taken an earlier one shares that."""

    def change(state: RouteState, now: datetime) -> RouteState:
        first, new = state.requested, Requested(sync_id=sync_id, force=force, at=now, read_back=read_back)
        if first is None:
            return _with(state, requested=new)
        if sync_id in {first.sync_id, first.last.sync_id}:
            # The answer to this very write was lost, and a worker has taken the request since.
            return state
        if first.then is None and not first.taken:
            return _with(state, requested=first.shared_by(force=force, read_back=read_back))
        then = first.then.shared_by(force=force, read_back=read_back) if first.then else new
        return _with(state, requested=first.model_copy(update={"then": then}))

    return change


def look_requested() -> Transition:
    """The folder is about to be looked at, on request, not only when the wake-up on its way is due."""

    def change(state: RouteState, now: datetime) -> RouteState:
        return _with(state, pending=state.pending or Pending(since=now, due=now))

    return change


def suspended() -> Transition:
    """The route does nothing until it is resumed."""
    return lambda state, now: _with(state, suspended_since=state.suspended_since or now)


def resumed() -> Transition:
    """The route works again."""
    return lambda state, _now: _with(state, suspended_since=None)


def removed_acknowledged() -> Transition:
    """An operator knows of the files that were removed here and that ADF keeps."""
    return lambda state, _now: _with(state, removed=0)


def _unanswered(state: RouteState, sync_id: str | None) -> Requested | None:
    """Return the request that a sync of this id leaves open: one that came after it began."""
    if state.requested and state.requested.sync_id == sync_id:
        return state.requested.then
    return _taken(state.requested, taken=False)


def _taken(requested: Requested | None, *, taken: bool) -> Requested | None:
    return requested and requested.model_copy(update={"taken": taken})


def _ended(state: RouteState, **parts: object) -> RouteState:
    """Return the state after a look at the folder."""
    looked_at = state.looking.began if state.looking else state.looked_at
    return _with(state, looking=None, looked_at=looked_at, **parts)


def _with(state: RouteState, **parts: object) -> RouteState:
    return state.model_copy(update=parts)
