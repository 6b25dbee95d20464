"""What a person may do to a route: ask for a look or a sync, suspend, resume, acknowledge what was removed."""

from dataclasses import dataclass

from shared.route import Route
from shared.sync import transitions
from shared.sync.baseline_store import Baselines
from shared.sync.history import new_sync_id
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps


@dataclass(frozen=True, slots=True)
class Commands:
    """Writes the wish into the route's state and wakes a worker; the wish takes the way of every event."""

    states: RouteStates
    baselines: Baselines
    wake_ups: WakeUps

    def request_sync(self, route: Route, *, force: bool, read_back: bool = False) -> str:
        """Ask for a sync now and return its id; `force` also syncs an unchanged, an empty and a held folder.

        `read_back` compares the bytes of all files that the target holds, where the relay sends them one by one.
        A request that comes before a worker has taken an earlier one shares that.
        """
        new_id = new_sync_id(self.states.read(route).read_at)
        requested = self.states.update(route, transitions.requested(new_id, force=force, read_back=read_back)).requested
        self.wake_ups.wake_now(route)
        return requested.last.sync_id if requested else new_id

    def look(self, route: Route) -> None:
        """Ask for a look at the folder now: from here to its end, and to that of a sync it leads to, it reconciles."""
        self.states.update(route, transitions.look_requested())
        self.wake_ups.wake_now(route)

    def suspend(self, route: Route) -> None:
        """Let the route do nothing until it is resumed; a sync that ADF works on is still followed."""
        self.states.update(route, transitions.suspended())

    def resume(self, route: Route) -> None:
        """Let the route work again, from what the folder holds then."""
        self.states.update(route, transitions.resumed())
        self.wake_ups.wake_now(route)

    def acknowledge_removed(self, route: Route) -> None:
        """Forget the files that were removed here and that ADF keeps."""
        self.baselines.acknowledge_removed(route)
        self.states.update(route, transitions.removed_acknowledged())
