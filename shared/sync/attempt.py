"""One attempt to sync: what is known of it while it goes on."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.folder.checks import UNKNOWN, Finding, Runtime
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync.baseline import Baseline, Diff
from shared.sync.baseline_store import LoadedBaseline
from shared.sync.history import FINDINGS_KEPT, CallMade, Changes, Outcome, SyncRecord, Uploads, new_sync_id
from shared.sync.state import RouteState, Synced, behind_since

# Syncs that end with a look at all that the target holds, besides the first one.
_VERIFYING = frozenset({"VerificationDue", "VerificationRequested", "Forced"})


@dataclass(slots=True)
class Attempt:
    """What is known of the sync so far; `calls` grows while it goes on. Times are the storage service's.

    `loaded` is what was synced before, once that was read; `had_findings`, that the checks had found something in it.
    """

    route: Route
    worker: str | None
    synced_before: Synced | None
    sync_id: str
    trigger: str
    manifest: Manifest
    loaded: LoadedBaseline | None = None
    diff: Diff = field(default_factory=lambda: Diff((), (), ()))
    findings: tuple[Finding, ...] = ()
    calls: list[CallMade] = field(default_factory=list)
    behind_since: datetime | None = None
    finished_at: datetime | None = None
    incarnation: str | None = None
    is_forced: bool = False
    verify: bool = False
    read_back: bool = False
    runtime: Runtime = UNKNOWN
    unreadable: str | None = None
    had_findings: bool = False

    def after(self, before: Baseline) -> Baseline:
        """Return the baseline once the sync is done."""
        return before.after(self.manifest, self.sync_id, self.route.target)

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
    read_back = route.is_pushed and state.requested is not None and state.requested.read_back
    verify = route.is_pushed and (read_back or state.verified_at is None or trigger in _VERIFYING)
    return Attempt(
        route,
        state.worker,
        state.synced,
        sync_id,
        trigger,
        manifest,
        behind_since=behind,
        is_forced=trigger == "Forced",
        verify=verify,
        read_back=read_back,
        had_findings=state.findings.count > 0,
    )


def ended_at_once(route: Route, state: RouteState, manifest: Manifest, trigger: str) -> Attempt:
    """Return an attempt that ended with the decision not to sync."""
    attempt = begin(route, state, manifest, trigger)
    attempt.finished_at = manifest.listed_at
    return attempt
