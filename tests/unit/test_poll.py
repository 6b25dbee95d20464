"""Syncs that ADF works on for a while."""

from datetime import timedelta

import pytest

from shared.sync.decide import Poll, Skip, Sync, Wait
from shared.targets.port import Accepted, ImportFailed, ImportSucceeded, StillRunning
from tests.unit.memory import NOON, make_route
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    """A world in which a sync was accepted at 100 s and is to be asked about at 115 s."""
    world = World(answer=Accepted(202, "request-1", "handle-1", 15))
    world.worker.reconcile(ROUTE)
    return world


def test_an_accepted_operation_is_not_yet_a_sync(world: World) -> None:
    state = world.state()
    assert state.synced is None
    assert state.operation
    assert state.operation.next_poll == NOON + timedelta(seconds=115)
    assert world.queue.sent == [("default", NOON + timedelta(seconds=115))]
    assert [record.outcome for record in world.history()] == ["running"]


def test_it_is_not_asked_about_too_early(world: World) -> None:
    world.at(110, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Wait)


def test_while_it_runs_no_change_and_no_other_route_starts_another_one(world: World) -> None:
    world.progress = StillRunning("handle-2", 20)
    world.at(120, 0, 110, content="v2")
    assert isinstance(world.worker.reconcile(ROUTE), Poll)
    assert isinstance(world.worker.reconcile(make_route("sibling")), Wait)
    operation = world.state().operation
    assert operation
    assert (operation.handle, operation.next_poll) == ("handle-2", NOON + timedelta(seconds=140))
    assert len(world.synced) == 1


def test_its_good_end_makes_it_a_sync_and_looks_again(world: World) -> None:
    world.progress = ImportSucceeded()
    world.at(120, 0, 1)
    world.worker.reconcile(ROUTE)
    state = world.state()
    assert state.operation is None
    assert state.synced
    assert [record.outcome for record in world.history()] == ["succeeded"]
    assert len(world.queue.sent) == 2


def test_a_change_during_it_is_synced_after_its_end(world: World) -> None:
    world.at(120, 0, 112, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(126, 0, 112, content="v2")
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    changes = world.history()[0].changes
    assert changes
    assert changes.changed.count == 2


def test_its_bad_end_is_a_refusal_in_the_targets_words(world: World) -> None:
    world.progress = ImportFailed("BadFolder", "no such folder")
    world.at(120, 0, 1)
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.code, failure.message, failure.transient) == ("BadFolder", "no such folder", False)
    assert world.state().synced is None
    (record,) = world.history()
    assert (record.outcome, record.code) == ("failed", "BadFolder")


def test_one_that_never_ends_is_given_up_and_tried_again(world: World) -> None:
    world.progress = StillRunning("handle-1", 15)
    world.at(100 + 1800, 0, 1)
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.code, failure.transient) == ("OperationTimedOut", True)
    assert world.leases.take(make_route("sibling"))


def test_a_suspended_route_still_follows_it(world: World) -> None:
    world.commands.suspend(ROUTE)
    world.at(120, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Poll)
    assert world.state().synced


def test_a_change_that_a_look_saw_and_that_was_undone_before_the_end_is_synced_once_more(world: World) -> None:
    world.at(112, 111, 1, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(120, 113, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Poll)
    world.at(150, 113, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)


def test_the_same_bytes_written_again_while_it_runs_are_no_change(world: World) -> None:
    world.at(112, 111, 1)
    world.worker.reconcile(ROUTE)
    world.at(120, 111, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Poll)
    world.at(150, 111, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)


def test_an_import_during_which_the_folder_changed_leaves_open_what_was_synced(world: World) -> None:
    world.at(112, 111, 1, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(120, 111, 1, content="v2")
    assert isinstance(world.worker.reconcile(ROUTE), Poll)
    synced = world.state().synced
    assert synced
    assert (synced.revision, synced.open_since) == (None, synced.listed_at)
