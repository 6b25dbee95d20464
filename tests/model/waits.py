"""How long each route waits though nothing stands against what it waits for: no pause, no import, no earlier look."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.folder.manifest import Manifest
from shared.route import Route
from shared.sync.state import RouteState
from tests.model.storage import Cloud


@dataclass
class Waits:
    """Watches routes whose folders do not change any more; none may wait for longer than `longest_s` at a stretch."""

    cloud: Cloud
    routes: Sequence[Route]
    longest_s: float
    folders: dict[str, Manifest] = field(init=False)
    since: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        folders = {route.name: self.cloud.manifest(route) for route in self.routes}
        # The digest is asked for at each step.
        self.folders = {name: folder.known_as(folder.revision) for name, folder in folders.items()}
        self.since = dict.fromkeys(self.folders, self.cloud.now)

    def check(self) -> None:
        """Raise AssertionError if a route has waited for too long."""
        now = self.cloud.now
        is_importing = any(now < each.ended for each in self.cloud.imports[-1:])
        # Where a sync was lost with its worker, and the route is held now, nothing ends what it has reserved.
        is_held = any(self.cloud.state(route.name).held for route in self.routes)
        for route in self.routes:
            state, folder = self.cloud.state(route.name), self.folders[route.name]
            if is_importing or is_held or not _waits(state, folder) or self._is_in_a_pause(route, state, folder):
                self.since[route.name] = now
            waited = now - self.since[route.name]
            assert waited <= self.longest_s, f"{route.name} has waited for {waited:.0f} s: {state}"

    def _is_in_a_pause(self, route: Route, state: RouteState, folder: Manifest) -> bool:
        """Whether to wait: for the quota, after a failure where nothing was requested, for the next look at Airflow."""
        now = self.cloud.moment(self.cloud.now)
        if state.unreadable or (state.quota_wait and now <= state.quota_wait.until):
            return True
        if state.requested or state.operation:
            return False
        if not is_behind(state, folder):
            return state.asking is not None and now <= state.asking.next_look
        failure = state.failure
        if failure is None or now > failure.next_attempt:
            return False
        return failure.transient or is_refused(self.cloud, route)


def _waits(state: RouteState, folder: Manifest) -> bool:
    return is_behind(state, folder) or any((state.requested, state.operation, state.asking))


def is_behind(state: RouteState, folder: Manifest) -> bool:
    """Whether the relay does not know that all of a folder is synced.

    A revision may stand for an ETag, where bytes could not be compared; then the listing is the one that was synced.
    """
    if not folder.files:
        return False
    synced = state.synced
    if synced is None or synced.revision is None:
        return True
    return synced.revision != folder.revision and synced.listing != folder.listing


def is_refused(cloud: Cloud, route: Route) -> bool:
    """Whether the import of just these files has failed: it waits for a change, a request, or an hour."""
    imports = [each for each in cloud.imports if each.prefix == route.folder.prefix]
    return bool(imports) and imports[-1].fails and imports[-1].found == cloud.contents(route)
