"""What to do about a folder as it was just listed: a pure function, and its whole vocabulary.

Times are the storage service's own and whole seconds. The difference of two of them is off by less than one second
either way, so one second more than a window has to show before the window has certainly passed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.folder.manifest import Manifest
from shared.relay.state import Failure, RouteState

RESOLUTION = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a route is; `retry_refused` is the wait before a refused sync is tried again without a change."""

    quiet: timedelta
    longest_wait: timedelta
    retry_refused: timedelta = timedelta(hours=1)


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
    """Something changed, but a sync of it would do harm; a person has to say."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sync:
    """Call ADF for this revision now."""

    reason: str
    sentence: str


Decision = Wait | Skip | Hold | Sync


def decide(state: RouteState, manifest: Manifest, policy: Policy) -> Decision:
    """Return what to do about `manifest`, now being the moment at which it was listed."""
    if not manifest.files:
        return _no_files(state)
    if state.synced and state.synced.revision == manifest.revision:
        return Skip("Unchanged", "the folder holds what was synced last")
    return _after_failure(state.failure, manifest) or _wait_out_burst(state, manifest, policy)


def _no_files(state: RouteState) -> Decision:
    if state.synced is None:
        return Skip("NothingToImport", "the folder holds no files yet")
    return Hold("FolderEmpty", "all files are gone; an import would not remove them from Airflow")


def _after_failure(failure: Failure | None, manifest: Manifest) -> Decision | None:
    if failure is None or manifest.listed_at >= failure.next_attempt:
        return None
    if failure.transient:
        return Wait("BackingOff", f"the last attempt failed: {failure.code}", failure.next_attempt - manifest.listed_at)
    if failure.revision == manifest.revision:
        return Skip("Refused", f"ARM refused this revision: {failure.code}")
    return None


def _wait_out_burst(state: RouteState, manifest: Manifest, policy: Policy) -> Decision:
    pause = policy.quiet + RESOLUTION
    quiet_for = manifest.listed_at - manifest.newest
    if quiet_for >= pause:
        return Sync("Changed", f"no file was written for {quiet_for.total_seconds():.0f} s")
    began = state.burst_since or manifest.burst_start(pause)
    left = policy.longest_wait + RESOLUTION - (manifest.listed_at - began)
    if left <= timedelta(0):
        return Sync("LongestWaitOver", "files have been written without a pause for longer than the longest wait")
    return Wait("BurstRunning", "files are still being written", min(pause - quiet_for, left), burst_since=began)
