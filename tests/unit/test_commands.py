import pytest

from shared.errors import ServiceUnavailable, StateConflict, Throttled
from shared.sync import transitions
from shared.sync.decide import Hold, Skip, Sync, Wait
from shared.targets.port import Accepted
from tests.unit.memory import NOON
from tests.unit.world import ROUTE, World

THROTTLED = Throttled("busy", code="ServerBusy", retry_after_s=1)


def test_a_suspended_route_does_nothing_until_it_is_resumed() -> None:
    world = World()
    world.commands.suspend(ROUTE)
    assert world.worker.reconcile(ROUTE) == Skip("Suspended", "the route is suspended")
    world.commands.resume(ROUTE)
    assert world.queue.sent == [("default", NOON.replace(minute=1, second=40))]
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_a_sync_that_is_asked_for_is_recorded_under_the_id_that_was_given() -> None:
    world = World()
    sync_id = world.commands.request_sync(ROUTE, force=False)
    world.worker.reconcile(ROUTE)
    assert [(record.sync_id, record.outcome) for record in world.history()] == [(sync_id, "accepted")]
    assert world.state().requested is None


def test_a_sync_of_an_unchanged_folder_is_answered_without_a_call() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    sync_id = world.commands.request_sync(ROUTE, force=False)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    record = world.records.read("default", sync_id)
    assert record
    assert record.outcome == "unchanged"
    assert len(world.synced) == 1


def test_a_forced_sync_of_an_unchanged_folder_is_made() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.commands.request_sync(ROUTE, force=True)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert len(world.synced) == 2


def test_a_forced_sync_of_an_empty_folder_goes_through() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200)
    assert isinstance(world.worker.reconcile(ROUTE), Hold)
    world.commands.request_sync(ROUTE, force=True)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.state().removed == 2
    assert world.state().held is None


def test_who_asks_while_a_request_waits_shares_it_and_may_force_it() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    first = world.commands.request_sync(ROUTE, force=False)
    assert world.commands.request_sync(ROUTE, force=True) == first
    assert world.commands.request_sync(ROUTE, force=False) == first
    world.at(200, 0, 1)
    assert world.worker.reconcile(ROUTE) == Sync("Forced", "a sync was requested, whatever the folder holds")
    record = world.records.read("default", first)
    assert record
    assert (record.trigger, world.state().requested) == ("Forced", None)


def test_requests_before_and_during_a_sync_each_have_a_record() -> None:
    world = World()
    during: list[str] = []
    world.during_sync = lambda: during.append(world.commands.request_sync(ROUTE, force=True))
    before = world.commands.request_sync(ROUTE, force=False)
    world.worker.reconcile(ROUTE)
    world.during_sync = lambda: None
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert {record.sync_id for record in world.history()} == {*during, before}
    assert world.state().requested is None


@pytest.mark.parametrize("at_first", [THROTTLED, ServiceUnavailable("down", code="HTTP 503", status=503)])
def test_a_forced_request_is_answered_though_another_one_came_while_it_was_made_in_vain(at_first: Exception) -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    forced = world.commands.request_sync(ROUTE, force=True)
    others: list[str] = []
    world.answer = at_first
    world.during_sync = lambda: others.append(world.commands.request_sync(ROUTE, force=False))
    assert world.worker.reconcile(ROUTE).reason == "Forced"
    world.answer, world.during_sync = Accepted(202, "request-1"), lambda: None
    for at in (300, 310):
        world.at(at, 0, 1)
        world.worker.reconcile(ROUTE)
    assert {forced, *others} <= {record.sync_id for record in world.history()}
    assert world.state().requested is None


def test_a_forced_request_is_answered_though_storage_failed_and_another_one_came() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    forced = world.commands.request_sync(ROUTE, force=True)
    world.unreadable = ConnectionError("storage did not answer")
    with pytest.raises(ConnectionError):
        world.worker.reconcile(ROUTE)
    world.unreadable = None
    other = world.commands.request_sync(ROUTE, force=False)
    assert world.commands.request_sync(ROUTE, force=False) == other
    assert world.worker.reconcile(ROUTE).reason == "Forced"
    world.at(220, 0, 1)
    assert world.worker.reconcile(ROUTE).reason == "Unchanged"
    assert {forced, other} <= {record.sync_id for record in world.history()}


def test_a_request_whose_write_was_answered_too_late_is_noted_once() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    write = world.documents.write

    def told_late(name: str, content: bytes, etag: str | None) -> str:
        """Storage's client repeats a request whose answer was lost; meanwhile a worker has taken what was asked."""
        write(name, content, etag)
        world.documents.write = write  # type: ignore[method-assign]
        world.states.update(ROUTE, transitions.taken_over("worker", ROUTE.target))
        raise StateConflict(name)

    world.documents.write = told_late  # type: ignore[method-assign]
    sync_id = world.commands.request_sync(ROUTE, force=False)
    requested = world.state().requested
    assert requested
    assert (requested.sync_id, requested.then) == (sync_id, None)


def test_a_forced_sync_that_failed_for_now_is_repeated_though_another_request_comes() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    world.commands.request_sync(ROUTE, force=True)
    world.answer = ServiceUnavailable("down", code="HTTP 503", status=503)
    world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-1")
    world.at(202, 0, 1)
    world.commands.request_sync(ROUTE, force=False)
    assert world.worker.reconcile(ROUTE).reason == "Forced"


def test_a_request_that_waits_for_the_end_of_a_burst_can_still_be_shared() -> None:
    world = World()
    world.at(101, 0, 100)
    first = world.commands.request_sync(ROUTE, force=False)
    assert isinstance(world.worker.reconcile(ROUTE), Wait)
    assert world.commands.request_sync(ROUTE, force=False) == first


def test_a_request_that_comes_during_a_sync_is_not_lost() -> None:
    world = World()
    world.during_sync = lambda: world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    assert world.state().requested
    world.during_sync = lambda: None
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert len(world.synced) == 2
    assert world.state().requested is None


def test_removed_files_are_forgotten_when_an_operator_acknowledges_them() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    for seconds in (200, 206):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    assert world.state().removed == 1
    world.commands.acknowledge_removed(ROUTE)
    assert world.state().removed == 0
    assert world.baselines.read(ROUTE).removed == {}
