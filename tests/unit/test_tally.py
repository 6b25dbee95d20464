from datetime import timedelta

import pytest

from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.sync.state import RouteState, pending_seconds
from shared.sync.tally import OUTCOMES, Ending
from shared.targets.port import Accepted, ImportFailed, StillRunning
from tests.unit.memory import NOON
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    """A relay whose folder was synced at 100 seconds after noon."""
    world = World()
    world.worker.reconcile(ROUTE)
    return world


def pending(world: World) -> float:
    return pending_seconds(world.state(), world.clock.now())


def test_a_sync_is_counted_with_the_age_of_the_oldest_change_it_brought(world: World) -> None:
    world.at(200, 0, 180, 190, content="v2")
    world.worker.reconcile(ROUTE)
    tally = world.state().tally
    assert tally.outcomes == {"accepted": 2}
    assert (tally.latest, tally.seconds) == (Ending(outcome="accepted", seconds=20), 20)
    assert dict(tally.cumulated())["15"] == 1
    assert [dict(tally.cumulated())[bound] for bound in ("30", "3600", "+Inf")] == [2, 2, 2]


def test_a_change_stays_as_old_as_it_was_while_files_are_written_again(world: World) -> None:
    world.at(200, 199, content="v2")
    world.worker.reconcile(ROUTE)
    world.at(203, 202, content="v3")
    world.worker.reconcile(ROUTE)
    assert pending(world) == 4
    world.at(209, 202, content="v3")
    world.worker.reconcile(ROUTE)
    assert world.state().tally.latest == Ending(outcome="accepted", seconds=10)
    assert pending(world) == 0


def test_a_change_that_cannot_be_synced_grows_older(world: World) -> None:
    world.answer = ServiceUnavailable("no answer", code="NoAnswer", status=503)
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    world.clock.seconds = 500
    assert pending(world) == 310
    assert world.state().tally.outcomes == {"accepted": 1, "failed": 1}


def test_an_environment_that_is_not_ready_leaves_the_change_as_old_as_it_is(world: World) -> None:
    world.environment = "Stopped"
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert pending(world) == 10


def test_a_refusal_is_counted_as_one(world: World) -> None:
    world.answer = ServiceRefusal("no", code="BadRequest", status=400)
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().tally.outcomes == {"accepted": 1, "refused": 1}


def test_a_held_change_is_pending_until_a_person_decides(world: World) -> None:
    world.at(200)
    world.worker.reconcile(ROUTE)
    world.at(300)
    assert (world.state().tally.outcomes["held"], pending(world)) == (1, 100)
    world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    assert pending(world) == 0


def test_a_change_that_is_taken_back_is_none(world: World) -> None:
    world.at(120, 119, 1, content="v2")
    world.worker.reconcile(ROUTE)
    assert pending(world) == 1
    world.at(130, 0, 1)
    world.worker.reconcile(ROUTE)
    assert pending(world) == 0


def test_a_change_during_a_sync_is_behind_from_then_on(world: World) -> None:
    world.during_sync = lambda: world.at(200, 190, 200, content="v3")
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().behind_since == NOON + timedelta(seconds=200)


def test_a_sync_that_is_followed_counts_when_it_ends(world: World) -> None:
    world.answer = Accepted(202, "request-1", "handle-1", 5)
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().tally.outcomes == {"accepted": 1}
    world.at(210, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().tally.latest == Ending(outcome="succeeded", seconds=20)


@pytest.mark.parametrize("end", [ImportFailed("Broken", "the import broke"), StillRunning("handle-2", 5)])
def test_a_sync_that_ends_badly_or_not_in_time_counts_as_failed(world: World, end: ImportFailed | StillRunning) -> None:
    world.answer = Accepted(202, "request-1", "handle-1", 5)
    world.at(200, 190, content="v2")
    world.worker.reconcile(ROUTE)
    world.progress = end
    world.at(3000, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert world.state().tally.outcomes == {"accepted": 1, "failed": 1}


def test_a_request_that_needs_no_sync_is_counted_and_takes_no_time(world: World) -> None:
    world.commands.request_sync(ROUTE, force=False)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert world.state().tally.latest == Ending(outcome="unchanged")


def test_a_forced_sync_of_an_unchanged_folder_takes_no_time(world: World) -> None:
    world.commands.request_sync(ROUTE, force=True)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert world.state().tally.latest == Ending(outcome="accepted")


def test_a_request_and_an_overdue_wake_up_are_pending_and_one_in_time_is_not(world: World) -> None:
    world.wake_ups.notice(ROUTE)
    world.clock.seconds = 105
    assert pending(world) == 0
    world.clock.seconds = 130
    assert pending(world) == 30
    world.worker.reconcile(ROUTE)
    assert pending(world) == 0
    world.commands.request_sync(ROUTE, force=False)
    world.clock.seconds = 137
    assert pending(world) == 7


def test_a_state_of_an_older_version_counts_from_nothing() -> None:
    state = RouteState.model_validate_json(b'{"version": 1, "removed": 2}')
    assert state.tally.outcomes == {}
    assert set(state.tally.cumulated()) == {(bound, 0) for bound, _ in state.tally.cumulated()}


def test_every_outcome_that_is_counted_is_one_of_those_that_are_shown(world: World) -> None:
    assert world.state().tally.outcomes.keys() <= set(OUTCOMES)
