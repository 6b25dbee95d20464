"""A service that takes no more calls for now: the relay waits, and nothing counts as failed."""

from datetime import timedelta

import pytest

from shared.errors import Throttled
from shared.sync.conditions import MARGIN, conditions, overdue
from shared.sync.decide import Sync, Wait
from shared.targets.port import Accepted
from tests.unit.memory import NOON
from tests.unit.world import ROUTE, World


def throttled(retry_after_s: float = 30) -> Throttled:
    return Throttled("too many requests", code="TooManyRequests", status=429, retry_after_s=retry_after_s)


@pytest.fixture
def world() -> World:
    return World(answer=throttled())


@pytest.mark.parametrize("call", ["environment", "answer"])
def test_a_throttled_sync_is_no_failure_and_has_no_record(world: World, call: str) -> None:
    world.answer = Accepted(202, "request-1")
    setattr(world, call, throttled())
    world.worker.reconcile(ROUTE)
    assert (world.history(), world.state().failure, world.state().calling) == ([], None, None)
    assert world.alerts() == []
    assert world.state().tally.outcomes == {}


def test_what_was_synced_before_still_counts(world: World) -> None:
    world.answer = Accepted(202, "request-1")
    world.worker.reconcile(ROUTE)
    before = world.state().synced
    world.answer = throttled()
    world.at(200, 190, 190, content="v2")
    world.worker.reconcile(ROUTE)
    assert before
    assert world.state().synced == before
    assert conditions(ROUTE, world.state())[0].reason == "Synced"


def test_it_is_made_when_the_wait_is_over_and_not_before(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-1")
    (due,) = [due for _, due in world.queue.sent]
    assert due == NOON + timedelta(seconds=135)
    world.at(134, 0, 1)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.delay) == ("Throttled", timedelta(seconds=1))
    world.at(135, 0, 1)
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.state().quota_wait is None
    assert [record.outcome for record in world.history()] == ["accepted"]


def test_waits_grow_while_it_goes_on_and_begin_anew_after_a_sync(world: World) -> None:
    waits = []
    for at in (100, 200, 300):
        world.at(at, 0, 1)
        world.worker.reconcile(ROUTE)
        wait = world.state().quota_wait
        assert wait
        waits.append((wait.count, (wait.until - NOON).total_seconds() - at))
    assert waits == [(1, 35), (2, 40), (3, 50)]


@pytest.mark.parametrize(("asked", "waited"), [(299, 304), (86400, 305), (None, 5)])
def test_no_service_stops_a_route_for_longer_than_minutes(world: World, asked: float | None, waited: float) -> None:
    world.answer = Throttled("too many requests", code="TooManyRequests", status=429, retry_after_s=asked)
    world.worker.reconcile(ROUTE)
    wait = world.state().quota_wait
    assert wait
    assert (wait.until - wait.since).total_seconds() == waited


def test_a_request_for_a_sync_stays_open_with_its_id(world: World) -> None:
    sync_id = world.commands.request_sync(ROUTE, force=True)
    world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-1")
    world.at(200, 0, 1)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Sync)
    assert decision.reason == "Forced"
    assert [record.sync_id for record in world.history()] == [sync_id]


def test_a_throttled_call_that_may_have_acted_before_is_a_failure(world: World) -> None:
    error = throttled()
    error.may_have_acted = True
    world.answer = error
    world.worker.reconcile(ROUTE)
    assert world.state().failure
    assert world.state().quota_wait is None


def test_a_route_that_waits_for_the_quota_says_so_and_is_not_overdue(world: World) -> None:
    world.commands.request_sync(ROUTE, force=False)
    world.worker.reconcile(ROUTE)
    state = world.state()
    (reconciling,) = [found for found in conditions(ROUTE, state) if found.type == "Reconciling"]
    assert (reconciling.status, reconciling.reason) == ("True", "Throttled")
    late = state.quota_wait and state.quota_wait.until + timedelta(minutes=1) + MARGIN
    assert late
    assert list(overdue(state, late, timedelta(minutes=1))) == []
    assert list(overdue(state, late + timedelta(seconds=1), timedelta(minutes=1))) != []
