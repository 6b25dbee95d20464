"""A wake-up for the end of a pause does not stand for what changes, or is asked for, before that."""

from datetime import timedelta

import pytest

from shared.errors import ServiceUnavailable
from shared.sync.decide import Sync
from shared.targets.port import Accepted
from tests.unit.memory import NOON, make_route
from tests.unit.world import ROUTE, World

SIBLING = make_route("sibling", folder="files/sibling")
DOWN = ServiceUnavailable("down", code="HTTP 503", status=503)


def due_after(world: World, seconds: float) -> float:
    """Return when the next wake-up is due after that time."""
    return min(at for _, moment in world.queue.sent if (at := (moment - NOON).total_seconds()) > seconds)


@pytest.fixture
def world() -> World:
    """Return a world at 415 s whose ARM was away for seven attempts, and is there again; the next try is at 735 s."""
    world = World(answer=DOWN)
    for at in (100, 105, 115, 135, 175, 255, 415):
        world.at(at, 0, 1)
        world.worker.reconcile(ROUTE)
    assert due_after(world, 415) == 735
    world.answer = Accepted(202, "request-1")
    return world


def test_a_requested_sync_that_waits_for_a_burst_to_end_comes_when_it_has_ended(world: World) -> None:
    world.at(435, 0, 433, content="v2")
    world.commands.request_sync(ROUTE, force=False)
    assert world.worker.reconcile(ROUTE).reason == "BurstRunning"
    assert due_after(world, 435) == 439


def test_an_upload_after_a_requested_sync_is_noticed(world: World) -> None:
    world.at(435, 0, 1)
    world.commands.request_sync(ROUTE, force=False)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    world.at(475, 0, 475, content="v2")
    world.wake_ups.notice(ROUTE, changed_at=NOON + timedelta(seconds=475))
    assert due_after(world, 475) == 481


def test_a_sweep_after_a_requested_sync_is_no_idle_one(world: World) -> None:
    world.at(435, 0, 1)
    world.commands.request_sync(ROUTE, force=False)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    world.at(475, 0, 475, content="v2")
    world.engine.sweep.run()
    assert due_after(world, 474) == 475


def test_an_import_is_asked_for_when_adf_said(world: World) -> None:
    world.answer = Accepted(202, "request-1", "handle", 10)
    world.at(435, 0, 1)
    world.commands.request_sync(ROUTE, force=False)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert due_after(world, 435) == 445


def test_a_request_that_finds_the_environment_taken_is_answered_once_it_is_free(world: World) -> None:
    world.at(435, 0, 1)
    lease = world.leases.take(SIBLING)
    assert lease
    world.commands.request_sync(ROUTE, force=False)
    assert world.worker.reconcile(ROUTE).reason == "EnvironmentBusy"
    lease.release(None)
    assert due_after(world, 435) == 441


def test_workers_that_find_the_environment_taken_share_one_wake_up(world: World) -> None:
    world.at(435, 0, 1)
    assert world.leases.take(SIBLING)
    world.commands.request_sync(ROUTE, force=False)
    before = len(world.queue.sent)
    for _ in range(5):
        world.worker.reconcile(ROUTE)
    assert len(world.queue.sent) == before + 1


def test_looks_during_a_pause_send_no_further_wake_ups_for_its_end(world: World) -> None:
    sent = len(world.queue.sent)
    for at in range(420, 620, 20):
        world.at(at, 0, 1)
        assert world.worker.reconcile(ROUTE).reason == "BackingOff"
    assert len(world.queue.sent) == sent


def test_the_events_of_a_burst_in_a_pause_cost_a_read_each_and_one_write(world: World) -> None:
    world.at(420, 0, 419, content="v2")
    stored, requests, sent = dict(world.documents.stored), world.documents.requests, len(world.queue.sent)
    for _ in range(100):
        world.engine.announcements.upload(ROUTE, NOON + timedelta(seconds=419))
    assert (world.documents.requests - requests, len(world.queue.sent)) == (100 + 1, sent)
    assert [name for name, found in world.documents.stored.items() if found != stored.get(name)] == [
        "routes/default.json"
    ]
