"""How a route's state changes: pure functions, each applied to the latest state by whoever writes it."""

from datetime import datetime, timedelta

from shared.errors import FolderUnreadable, ServiceError, ServiceUnavailable
from shared.folder.manifest import Manifest
from shared.sync.decide import Hold, Skip, Wait
from shared.sync.state import (
    Failure,
    Held,
    Requested,
    RouteState,
    RunningSync,
    Seen,
    Synced,
    Unreadable,
    behind_since,
    counted,
)
from shared.sync.store import Transition

_NOTHING_TO_SYNC = frozenset({"Unchanged", "NothingToImport"})


def notice_answered(worker: str) -> Transition:
    """A worker answers a wake-up: whatever changes from here on needs another one."""
    return lambda state, _now: _with(state, pending=None, worker=worker, requested=_taken(state.requested, taken=True))


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
        return _with(
            state,
            burst_since=decision.burst_since,
            behind_since=behind_since(state, manifest),
            seen=seen,
            requested=_taken(state.requested, taken=False),
        )

    return change


def nothing_to_do(decision: Skip, sync_id: str | None = None) -> Transition:
    """The folder needs no sync; a request for one, of this id, is answered by that."""

    def change(state: RouteState, _now: datetime) -> RouteState:
        failure = None if decision.reason == "Unchanged" else state.failure
        return _with(
            state,
            burst_since=None,
            behind_since=None if decision.reason in _NOTHING_TO_SYNC else state.behind_since,
            seen=None,
            held=None,
            failure=failure,
            requested=_unanswered(state, sync_id),
            tally=counted(state, "unchanged") if sync_id else state.tally,
        )

    return change


def holding(decision: Hold, sync_id: str, revision: str) -> Transition:
    """A change waits for a person."""

    def change(state: RouteState, now: datetime) -> RouteState:
        since = state.held.since if state.held and state.held.revision == revision else now
        held = Held(revision=revision, reason=decision.reason, sentence=decision.sentence, since=since)
        return _with(
            state,
            held=held,
            burst_since=None,
            seen=None,
            requested=_unanswered(state, sync_id),
            tally=counted(state, "held"),
        )

    return change


def unreadable(error: FolderUnreadable, sync_id: str) -> Transition:
    """The folder could not be listed, so that nobody knows what it holds; everything else stays as it is."""

    def change(state: RouteState, now: datetime) -> RouteState:
        before = state.unreadable
        found = Unreadable(
            sync_id=before.sync_id if before else sync_id,
            since=before.since if before else now,
            count=before.count + 1 if before else 1,
            code=error.code,
            message=error.message,
        )
        return _with(state, unreadable=found, requested=_taken(state.requested, taken=False))

    return change


def readable() -> Transition:
    """The folder can be listed again."""
    return lambda state, _now: _with(state, unreadable=None)


def calling() -> Transition:
    """ADF is about to be called: until the outcome is known, nobody knows which revision it has."""

    def change(state: RouteState, now: datetime) -> RouteState:
        open_outcome = {"revision": None, "open_since": now}
        return _with(state, synced=state.synced and state.synced.model_copy(update=open_outcome))

    return change


def following(operation: RunningSync) -> Transition:
    """ADF accepted a sync and works on it."""
    return lambda state, _now: _with(
        state,
        operation=operation,
        held=None,
        burst_since=None,
        seen=None,
        requested=_unanswered(state, operation.sync_id),
    )


def still_running(handle: str, next_poll: datetime, give_up_at: datetime) -> Transition:
    """ADF still works on the sync."""
    update = {"handle": handle, "next_poll": next_poll, "give_up_at": give_up_at}
    return lambda state, _now: _with(
        state,
        operation=state.operation and state.operation.model_copy(update=update),
        requested=_taken(state.requested, taken=False),
    )


def synced(done: Synced, removed: int, not_sent: int = 0, verified_at: datetime | None = None) -> Transition:
    """ADF took a revision over."""

    def change(state: RouteState, now: datetime) -> RouteState:
        return _with(
            state,
            synced=done,
            removed=removed,
            not_sent=not_sent,
            verified_at=verified_at or state.verified_at,
            operation=None,
            failure=None,
            held=None,
            burst_since=None,
            behind_since=None if done.revision else done.listed_at,
            seen=None,
            requested=_unanswered(state, done.sync_id),
            tally=counted(state, "succeeded" if state.operation else "accepted", now),
        )

    return change


def not_called(before: Synced | None) -> Transition:
    """ADF did not take the call, so that it still has what it had before."""
    return lambda state, _now: _with(state, synced=before)


def failed(error: ServiceError, sync_id: str, revision: str | None, delay: timedelta) -> Transition:
    """A sync failed; it may be tried again after `delay`."""

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
        )
        return _with(
            state,
            failure=failure,
            operation=None,
            burst_since=None,
            behind_since=state.behind_since or now,
            seen=None,
            requested=_unanswered(state, sync_id),
            tally=counted(state, "failed" if failure.transient or state.operation else "refused"),
        )

    return change


def failures_in_a_row(state: RouteState) -> int:
    """Return how many syncs have failed since the last good one."""
    return state.failure.count if state.failure else 0


def requested(sync_id: str, *, force: bool) -> Transition:
    """Somebody asks for a sync; who asks while one is asked for that nobody has taken yet shares it."""

    def change(state: RouteState, now: datetime) -> RouteState:
        open_one = state.requested
        if open_one is None or open_one.taken:
            return _with(state, requested=Requested(sync_id=sync_id, force=force, at=now))
        return _with(state, requested=open_one.model_copy(update={"force": open_one.force or force}))

    return change


def suspended() -> Transition:
    """The route does nothing until it is resumed."""
    return lambda state, now: _with(state, suspended_since=state.suspended_since or now)


def resumed() -> Transition:
    """The route works again."""
    return lambda state, _now: _with(state, suspended_since=None)


def removed_acknowledged() -> Transition:
    """Somebody knows of the files that were removed here and that ADF keeps."""
    return lambda state, _now: _with(state, removed=0)


def _unanswered(state: RouteState, sync_id: str | None) -> Requested | None:
    """Return the request that a sync of this id leaves open: one that came after it began."""
    if state.requested and state.requested.sync_id == sync_id:
        return None
    return _taken(state.requested, taken=False)


def _taken(requested: Requested | None, *, taken: bool) -> Requested | None:
    return requested and requested.model_copy(update={"taken": taken})


def _with(state: RouteState, **parts: object) -> RouteState:
    return state.model_copy(update=parts)
