"""The promises as sentences that a simulation either bears out or breaks."""

from itertools import groupby, pairwise

from shared.route import Route
from shared.sync.baseline import Baseline
from shared.sync.state import Requested
from tests.model.simulation import Request, Simulation
from tests.model.storage import Blob, Cloud, Import
from tests.model.waits import is_behind


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
            assert not is_behind(simulation.state(route), cloud.manifest(route)), (
                "the relay does not know that it synced"
            )


def _is_in(cloud: Cloud, route: Route, now: dict[str, Blob]) -> None:
    imports = [each for each in cloud.imports if each.prefix == route.folder.prefix and not each.fails]
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


def requests_are_answered(simulation: Simulation) -> None:
    """Each requested sync has ended, once, and a forced one was begun after it was asked for.

    What was taken out of the state is not put back there, or it would be answered twice. A suspended route begins none.
    """
    for request in simulation.requests:
        record = simulation.record(request)
        assert record, f"nothing is known of {request}"
        assert not record.is_open, f"{request} has not ended"
        states = simulation.cloud.states[request.route.name]
        stays = [is_open for is_open, _ in groupby(_is_open(request, state.requested) for state in states)]
        assert stays.count(True) == 1, f"{request} came back"
        if request.force and record.code != "Suspended":
            _was_begun_after(simulation.cloud, request)


def _is_open(request: Request, found: Requested | None) -> bool:
    return found is not None and request.sync_id in {found.sync_id, found.last.sync_id}


def _was_begun_after(cloud: Cloud, request: Request) -> None:
    imports = [each.began for each in cloud.imports if each.prefix == request.route.folder.prefix]
    assert imports, f"{request} led to no sync"
    assert imports[-1] >= request.asked_at, f"no sync began after {request}, the last one at {imports[-1]}"


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
    """Promise 8: no trouble is written down without its alert, and the receiver took all alerts of a route in order."""
    for route in simulation.routes:
        states = simulation.cloud.states[route.name]
        assert all(state.outbox.alarm for state in states if state.failure or state.held)
        last = simulation.state(route)
        assert last.held or last.outbox.alarm is None, "it has recovered, and no alert said so"
        made = dict.fromkeys(alert.id for state in states for alert in state.outbox.alerts)
        taken = dict.fromkeys(alert.id for alert in simulation.cloud.taken[route.name])
        assert list(taken) == list(made)
