"""What to do about a folder as it was just listed: a pure function, and its whole vocabulary.

Times are the storage service's own and whole seconds. The difference of two of them is off by less than one second
either way, so one second more than a window has to show before the window has certainly passed.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.folder.manifest import Manifest
from shared.sync.state import Failure, RouteState, RunningSync

RESOLUTION = timedelta(seconds=1)

Strictness = Literal["off", "warn", "block"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the relay is.

    `retry_refused` is the wait before a refused sync is tried again without a change, `settle` how long a sync that
    offers nothing to follow is left alone with its environment, `operation_timeout` when one that does is given up;
    `lease` is how long a worker may have an environment, `verify_every` how often all that a target holds is looked at
    where the files are sent one by one. DAG checks are left out with `off`, and stop a sync with `block`. `ask_airflow`
    is for how long after a sync Airflow is asked what became of the files, None for not at all. `expects_events` says
    that Event Grid is to tell of uploads.
    """

    quiet: timedelta
    longest_wait: timedelta
    retry_refused: timedelta = timedelta(hours=1)
    settle: timedelta = timedelta(seconds=5)
    operation_timeout: timedelta = timedelta(minutes=30)
    lease: timedelta = timedelta(minutes=3)
    verify_every: timedelta = timedelta(days=1)
    dag_checks: Strictness = "warn"
    ask_airflow: timedelta | None = None
    expects_events: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again after `delay`; `burst_since` is when the burst began that is being waited out, if one is."""

    reason: str
    sentence: str
    delay: timedelta
    burst_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do until something changes."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Something changed, but a sync of it would do harm; an operator has to decide."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sync:
    """Call ADF for this revision now."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask how far the accepted sync has come."""

    reason: str
    sentence: str
    operation: RunningSync


Decision = Wait | Skip | Hold | Sync | Poll


# A deletion of more files than this, and of more than half of all, is held: most likely it is a mistake.
_FEW_FILES = 10


def many_removed(removed: int, files: int) -> Hold | None:
    """Return what holds a sync that would delete `removed` of the `files` that were synced last."""
    if removed <= _FEW_FILES or removed * 2 <= files:
        return None
    return Hold(
        "ManyRemoved", f"{removed} of {files} files are gone, and a sync would delete them from the environment"
    )


def decide(state: RouteState, manifest: Manifest, policy: Policy, *, deletes: bool = False) -> Decision:
    """Return what to do about `manifest`, now being the moment at which it was listed.

    `deletes` says that a sync deletes from the environment what was deleted from the folder.
    """
    if state.operation:
        return _follow(state.operation, manifest)
    if barred := _barred(state, manifest):
        return barred
    if forced := _forced(state, manifest):
        return forced
    if not manifest.files:
        return _no_files(state, deletes=deletes)
    if state.synced and state.synced.revision == manifest.revision:
        return _unchanged(state, manifest, policy)
    if state.requested is None and (hindrance := _hindrance(state, manifest, policy)):
        return hindrance
    return _wait_out_burst(state, manifest, policy)


def _forced(state: RouteState, manifest: Manifest) -> Decision | None:
    """Return the forced sync that is requested, or that failed or was lost and is repeated, or what it waits for."""
    failure = state.failure if state.failure and state.failure.forced else None
    is_lost = state.synced is not None and state.synced.forced
    if state.requested:
        is_owed = is_lost or (failure is not None and failure.transient)
        is_forced = state.requested.force or is_owed
        return Sync("Forced", "a sync was requested, whatever the folder holds") if is_forced else None
    if failure:
        return _after_failure(failure, manifest) or Sync("Forced", "the forced sync failed and is repeated")
    return Sync("Forced", "the outcome of the forced sync is unknown, so it is repeated") if is_lost else None


def _barred(state: RouteState, manifest: Manifest) -> Decision | None:
    """Return what stands against any sync, requested or not."""
    if state.suspended_since:
        return Skip("Suspended", "the route is suspended")
    if state.quota_wait and manifest.listed_at < state.quota_wait.until:
        return Wait("Throttled", "the service takes no more calls for now", _until(state.quota_wait.until, manifest))
    return None


def _follow(operation: RunningSync, manifest: Manifest) -> Decision:
    sentence = "a sync is running"
    if manifest.listed_at < operation.next_poll:
        return Wait("SyncRunning", sentence, _until(operation.next_poll, manifest))
    return Poll("SyncRunning", sentence, operation)


def _no_files(state: RouteState, *, deletes: bool) -> Decision:
    if state.synced is None:
        return Skip("NothingToImport", "the folder holds no files yet")
    effect = "a sync would delete them all" if deletes else "an import would not remove them from Airflow"
    return Hold("FolderEmpty", f"all {state.synced.files} files are gone; {effect}")


def _unchanged(state: RouteState, manifest: Manifest, policy: Policy) -> Decision:
    """Return that there is nothing to do, but for a look at what a target holds, where one is due or requested."""
    if state.requested and state.requested.read_back:
        return Sync("VerificationRequested", "a comparison with what the environment holds was requested")
    if state.verified_at and manifest.listed_at >= state.verified_at + policy.verify_every:
        hindrance = None if state.requested else _after_failure(state.failure, manifest)
        return hindrance or Sync("VerificationDue", "what the environment holds was not looked at for a day")
    return Skip("Unchanged", "the folder holds what was synced last")


def _hindrance(state: RouteState, manifest: Manifest, policy: Policy) -> Decision | None:
    """Return what stands against a sync that was not requested."""
    held = state.held if state.held and state.held.revision == manifest.revision else None
    if held and (policy.dag_checks == "block" or held.reason == "ManyRemoved"):
        return Hold(held.reason, held.sentence)
    return _after_failure(state.failure, manifest)


def _after_failure(failure: Failure | None, manifest: Manifest) -> Decision | None:
    if failure is None or manifest.listed_at >= failure.next_attempt:
        return None
    if failure.transient:
        return Wait("BackingOff", f"the last attempt failed: {failure.code}", _until(failure.next_attempt, manifest))
    if failure.revision == manifest.revision:
        return Skip("Refused", f"this revision was refused: {failure.code}")
    return None


def _until(moment: datetime, manifest: Manifest) -> timedelta:
    """Return how long it takes until a listing shows that a moment has come: its times are whole seconds."""
    return timedelta(seconds=math.ceil((moment - manifest.listed_at).total_seconds()))


def _wait_out_burst(state: RouteState, manifest: Manifest, policy: Policy) -> Decision:
    pause = policy.quiet + RESOLUTION
    last_change = _last_change(state, manifest)
    quiet_for = manifest.listed_at - last_change
    if quiet_for >= pause:
        return Sync("Changed", f"nothing was changed for {quiet_for.total_seconds():.0f} s")
    began = state.burst_since or _burst_start(state, manifest, last_change, pause)
    left = policy.longest_wait + RESOLUTION - (manifest.listed_at - began)
    if left <= timedelta(0):
        return Sync("LongestWaitOver", "files have been changed without a pause for longer than the longest wait")
    return Wait("BurstRunning", "files are still being changed", min(pause - quiet_for, left), burst_since=began)


def _burst_start(state: RouteState, manifest: Manifest, last_change: datetime, pause: timedelta) -> datetime:
    """Return when the burst began, as far as it is not synced yet: it may go on for longer than the longest wait."""
    if last_change != manifest.newest:
        return last_change
    start = manifest.burst_start(pause)
    return max(start, state.synced.listed_at) if state.synced else start


def _last_change(state: RouteState, manifest: Manifest) -> datetime:
    """Return when the folder last changed.

    A write says so itself. What differs from the last sync without a write since is a deletion, which leaves no time:
    it counts from when the folder was first seen like this. Where it is unknown what ADF has, only a folder with fewer
    files than were synced shows a deletion.
    """
    synced = state.synced
    if synced is None or manifest.newest > synced.listed_at:
        return manifest.newest
    if synced.revision is None and len(manifest.files) >= synced.files:
        return manifest.newest
    if state.seen and state.seen.revision == manifest.revision:
        return state.seen.at
    return manifest.listed_at
