"""Whether ADF may have read something other than what was listed before its call, and which bytes a folder holds.

A listing claims too little: the same bytes written again move an ETag and bring nothing. So the bytes of a file that is
in doubt are compared, and only other bytes that a look has seen are a reason to sync once more.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import FolderUnreadable
from shared.folder.checks import UNKNOWN
from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync import transitions
from shared.sync.baseline import Baseline
from shared.sync.baseline_store import Baselines, LoadedBaseline
from shared.sync.inspection import Inspector, ToRead
from shared.sync.outcomes import Outcomes
from shared.sync.state import RouteState, RunningSync, Synced, behind_since
from shared.sync.store import RouteStates

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Settles doubts about files by their bytes, and notes the doubts that a look raises about a sync."""

    states: RouteStates
    baselines: Baselines
    inspector: Inspector
    outcomes: Outcomes
    list_folder: Callable[[Route], Manifest]

    def weigh(
        self, route: Route, state: RouteState, manifest: Manifest
    ) -> tuple[RouteState, Manifest, LoadedBaseline | None] | ToRead:
        """Return the state without wrong certainties, the manifest as its bytes are, the baseline where it was read.

        Where bytes have to be read for that, return them: reading takes long, and is not done under the lease.
        """
        synced = state.synced
        if state.operation:
            return self._weigh_followed(route, state, state.operation, manifest)
        if synced is None:
            return state, manifest, None
        if synced.listing == manifest.listing:
            return state, manifest.known_as(synced.revision) if synced.revision else manifest, None
        loaded = self.baselines.load(route)
        settled = self._settled(route, loaded.baseline, manifest)
        if isinstance(settled, ToRead):
            return settled
        if _is_other(settled, synced) and _may_have_been_read(loaded.baseline, manifest, synced, state):
            behind = transitions.behind(behind_since(state, settled))
            state = self.outcomes.change(route, state.worker, behind, transitions.doubted())
        return state, settled, loaded

    def glance(self, route: Route) -> None:
        """Note other bytes that lie in the folder while ADF may still be reading and no worker may act on them."""
        loaded = self.states.read(route)
        synced = loaded.state.synced
        if synced is None or synced.until is None or loaded.read_at > synced.until:
            return
        try:
            manifest = self.list_folder(route)
        except FolderUnreadable as error:
            log.info("what ADF may be reading could not be listed: %s", error)
            return
        if manifest.listed_at <= synced.until and manifest.listing != synced.listing:
            self._note_other(route, synced, manifest)

    def _note_other(self, route: Route, synced: Synced, manifest: Manifest) -> None:
        baseline = self.baselines.read(route)
        settled = self._settled(route, baseline, manifest)
        if isinstance(settled, ToRead):
            self.inspector.look_into(route, settled, UNKNOWN)
            settled = self._settled(route, baseline, manifest)
        if isinstance(settled, ToRead) or _is_other(settled, synced):
            self.states.update(route, transitions.doubted_of(synced.sync_id))

    def _weigh_followed(
        self, route: Route, state: RouteState, operation: RunningSync, manifest: Manifest
    ) -> tuple[RouteState, Manifest, LoadedBaseline | None] | ToRead:
        if route.is_pushed or operation.revision is None or operation.listing in {None, manifest.listing}:
            return state, manifest, None
        staged = self.baselines.read_staged(route)
        settled = self._settled(route, staged, manifest)
        if isinstance(settled, ToRead):
            return settled
        if settled.revision != operation.revision:
            state = self.outcomes.change(route, state.worker, transitions.operation_doubted())
        return state, manifest, None

    def _settled(self, route: Route, baseline: Baseline, manifest: Manifest) -> Manifest | ToRead:
        doubtful = baseline.doubtful(manifest)
        reads = self.inspector.reads(route) if doubtful else {}
        unread = tuple(file for file in doubtful if file.name not in reads or reads[file.name].etag != file.etag)
        return ToRead(manifest, unread) if unread else baseline.settled(manifest, reads)


def _is_other(manifest: Manifest, synced: Synced) -> bool:
    return synced.revision is not None and manifest.revision != synced.revision


def _may_have_been_read(baseline: Baseline, manifest: Manifest, synced: Synced, state: RouteState) -> bool:
    """Whether a folder that is other than what was synced may have been so before ADF had read it.

    A write tells its time. A deletion does not, so it counts unless the folder was seen between then and now.
    """
    if synced.until is None:
        return False
    seen_since = state.looked_at is not None and state.looked_at > synced.until
    is_gone = baseline.lacks_some(manifest) and not seen_since
    return is_gone or baseline.may_have_missed(manifest, synced.listed_at, synced.until)
