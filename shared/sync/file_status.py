"""Where one file stands: whether the version that lies in the folder is in, with which sync, or what it waits for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.folder.manifest import File
from shared.route import Route
from shared.sync.baseline import Baseline
from shared.sync.state import RouteState, RunningSync

FileState = Literal["synced", "syncing", "open", "held", "failed", "suspended", "pending", "removed", "notSent"]


@dataclass(frozen=True, slots=True)
class FileStatus:
    """How a file is; `since` and `sync_id` are None where that is unknown."""

    state: FileState
    sentence: str
    since: datetime | None = None
    sync_id: str | None = None


def status_of(route: Route, file: File, baseline: Baseline, staged: Baseline, state: RouteState) -> FileStatus:
    """Return where a file that lies in the folder stands; `staged` is what a running operation brings."""
    being_taken = state.operation if staged.has(file) else None
    if baseline.has(file):
        # The sync that runs brings the same version, unless the folder changed while ADF was called.
        same_again = being_taken is not None and being_taken.revision is not None
        return _taken(route, file, baseline, state, same_again=same_again)
    if why := baseline.why_not_sent(file):
        return FileStatus("notSent", f"the job cannot take this version: {why}", file.modified)
    return _being_taken(route, being_taken) if being_taken else _waiting(file, state)


def status_of_missing(route: Route, name: str, baseline: Baseline) -> FileStatus | None:
    """Return where a file stands that does not lie in the folder, None for one that was never synced."""
    if name in baseline.removed:
        return FileStatus("removed", f"removed from the folder; {_why_kept(route)}", baseline.removed[name])
    if name in baseline.contents:
        origin = baseline.origin_of(name)
        effect = "the next sync deletes it from the job" if route.deletes else _why_kept(route)
        sentence = f"no longer in the folder; {effect}"
        return FileStatus("removed", sentence, None, origin.sync_id if origin else None)
    return None


def _why_kept(route: Route) -> str:
    if route.is_pushed:
        return "the job still has it"
    return "ADF's import does not delete, so that Airflow still has it"


def _taken(route: Route, file: File, baseline: Baseline, state: RouteState, *, same_again: bool) -> FileStatus:
    origin = baseline.origin_of(file.name)
    at, sync_id = (origin.at, origin.sync_id) if origin else (None, None)
    if state.synced and state.synced.revision is None and not same_again:
        sentence = f"{route.service} took this version, but may have another one since; the folder is synced again"
        return FileStatus("open", sentence, state.synced.open_since, sync_id)
    return FileStatus("synced", f"{route.service} took this version", at, sync_id)


def _being_taken(route: Route, operation: RunningSync) -> FileStatus:
    sentence = f"a sync of this version into {route.service} is running"
    return FileStatus("syncing", sentence, operation.listed_at, operation.sync_id)


def _waiting(file: File, state: RouteState) -> FileStatus:
    """Return what a version waits for that was not synced; it does so since it was written."""
    written = file.modified
    if state.suspended_since:
        return FileStatus("suspended", "waits until the route is resumed", written)
    if state.held and written <= state.held.since:
        return FileStatus("held", f"needs a decision by an operator: {state.held.sentence}", written)
    failure = state.failure
    if failure and written <= failure.at:
        sentence = f"the last sync failed and is tried again: {failure.code}: {failure.message}"
        return FileStatus("failed", sentence, written, failure.sync_id)
    return FileStatus("pending", "waits for the next sync", written)
