"""What a sync that is asked for would do now, found out without writing anything and without an ARM call."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.folder.checks import Finding
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.baseline import Diff
from shared.sync.baseline_store import Baselines
from shared.sync.decide import Decision, Policy, Sync, decide
from shared.sync.inspection import Inspector
from shared.sync.store import RouteStates


@dataclass(frozen=True, slots=True)
class DryRun:
    """The folder against what was synced last, what the checks find in it, and what would be done about it."""

    manifest: Manifest
    diff: Diff
    findings: tuple[Finding, ...]
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRuns:
    """Looks at a route as a worker would, with the same decision and the same checks."""

    states: RouteStates
    baselines: Baselines
    list_folder: Callable[[Route], Manifest]
    inspector: Inspector
    policy: Policy

    def of(self, route: Route, *, force: bool) -> DryRun:
        """Return what would be done if a sync were requested now."""
        loaded = self.states.read(route)
        requested = transitions.requested("dry-run", force=force)(loaded.state, loaded.read_at).requested
        asked = loaded.state.model_copy(update={"requested": requested and requested.last})
        manifest = self.list_folder(route)
        baseline = self.baselines.read(route)
        diff = baseline.diff(manifest)
        findings = self.inspector.examine(route, manifest, diff).findings
        decision = decide(asked, manifest, self.policy, deletes=route.deletes)
        hold = self.inspector.hold(route, findings, diff, files=len(baseline.contents))
        if isinstance(decision, Sync) and hold and not force:
            decision = hold
        return DryRun(manifest, diff, findings, decision)
