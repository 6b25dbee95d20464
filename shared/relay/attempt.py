"""A sync as it is being attempted, and the record that it leaves."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.folder.checks import Finding
from shared.folder.manifest import Manifest
from shared.relay.backlog import behind_since
from shared.relay.baseline import Diff
from shared.relay.records import CallMade, SyncRecord, new_sync_id
from shared.relay.route import Route
from shared.relay.state import RouteState, Synced
from shared.relay.summaries import Changes, Outcome, Uploads

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
