"""The promises as sentences that a simulation either bears out or breaks."""

from itertools import pairwise

from shared.route import Route
from shared.sync.baseline import Baseline
from tests.model.simulation import Simulation
from tests.model.storage import Blob, Cloud, Import


def nothing_is_lost(simulation: Simulation) -> None:
    """Promises 1 and 4: the last import of each route took every file as it is now.

    It may have taken more: a file that was written and deleted again while it began, which ADF would keep anyway.
    """
    cloud = simulation.cloud
    cloud.now += 1000
    cloud.import_files()
    for route in simulation.routes:
        if now := cloud.folders[route.folder.prefix]:
            _is_in(cloud, route, now)
            synced = simulation.state(route).synced
            assert synced, "the relay does not know that it synced"
            assert synced.revision == cloud.listed(route).revision


def _is_in(cloud: Cloud, route: Route, now: dict[str, Blob]) -> None:
    imports = [each for each in cloud.imports if each.prefix == route.folder.prefix]
    assert imports, "nothing was ever imported"
    last = imports[-1]
    assert last.target == route.target, "the last import was for another target"
    assert last.files is not None
    for name, blob in now.items():
        taken = last.files.get(name)
        if taken is None or taken.content != blob.content:
            assert not _was_seen(cloud, last, name, taken), f"the last import took {taken} of {name}, which is {blob}"


def _was_seen(cloud: Cloud, taken_by: Import, name: str, taken: Blob | None) -> bool:
    """Whether a look since the call saw what was taken, so that the relay had to notice that it is another version."""
    etag = taken.etag if taken else None
    return any(
        seen.etags.get(name) == etag
        for seen in cloud.listings
        if seen.prefix == taken_by.prefix and seen.at >= taken_by.began
    )


def never_two_at_once(simulation: Simulation) -> None:
    """Promise 3: no import begins before the one before it has ended."""
    for earlier, later in pairwise(simulation.cloud.imports):
        assert later.began >= earlier.ended, f"{later} began during {earlier}"


def nothing_is_pending(simulation: Simulation) -> None:
    """Once all is calm, nothing waits to be done, and unchanged content has made no call since."""
    assert simulation.cloud.messages == []
    for route in simulation.routes:
        state = simulation.state(route)
        assert (state.pending, state.looking, state.calling, state.requested) == (None, None, None, None)


def removed_files_are_known(simulation: Simulation) -> None:
    """What was synced and is gone stays listed until it is back or acknowledged, and nothing else is listed."""
    if simulation.acknowledged is None or not simulation.cloud.folder or not simulation.cloud.baselines:
        return
    route, state = simulation.routes[0], simulation.state()
    now = {f"{route.folder.prefix}/{name}" for name in simulation.cloud.folder}
    written = [Baseline.model_validate_json(content) for content in simulation.cloud.baselines]
    assert written[-1].contents.keys() == now, "the baseline is not what was synced"
    assert state.removed == len(written[-1].removed)
    assert not now & written[-1].removed.keys(), "a file that is back is listed as removed"
    if len({baseline.target for baseline in written}) == 1:
        brought = {name for baseline in written for name in baseline.contents}
        assert brought - now - simulation.acknowledged <= written[-1].removed.keys(), "a removed file was forgotten"


def one_call(simulation: Simulation) -> None:
    """Promise 2: a burst makes exactly one call."""
    assert len(simulation.cloud.imports) == 1, f"{len(simulation.cloud.imports)} calls for one burst"


def one_call_each(simulation: Simulation, longest_wait: float, span: float) -> None:
    """Promise 2: a burst that goes on makes one call each longest wait, and one that covers its end."""
    calls = len(simulation.cloud.imports)
    assert calls <= span // longest_wait + 1, f"{calls} calls for a burst of {span:.0f} s"


def alerts_are_delivered(simulation: Simulation) -> None:
    """Promise 8: no trouble is written down without its alert, and the receiver took all alerts in order."""
    states = simulation.cloud.states
    assert all(state.outbox.alarm for state in states if state.failure or state.held)
    assert simulation.state().outbox.alarm is None, "it has recovered, and no alert said so"
    made = dict.fromkeys(alert.id for state in states for alert in state.outbox.alerts)
    taken = dict.fromkeys(alert.id for alert in simulation.cloud.taken)
    assert list(taken) == list(made)
