from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shared.errors import ArmRefusal, ArmUnavailable
from shared.folder.manifest import Manifest
from shared.relay.decide import Policy, Skip, Sync, Wait
from shared.relay.flight import Flights
from shared.relay.notice import Notices
from shared.relay.reconcile import Reconciler
from shared.relay.route import Route
from shared.relay.state import RouteState
from shared.relay.states import RouteStates
from tests.unit.memory import NOON, Clock, MemoryDocuments, MemoryWakeUps, make_manifest, make_route

POLICY = Policy(quiet=timedelta(seconds=5), longest_wait=timedelta(seconds=60))
ROUTE = make_route()


@dataclass
class World:
    """A worker with a folder and a target that a test decides about; the target notes its calls."""

    clock: Clock = field(default_factory=lambda: Clock(seconds=100))
    folder: Manifest = field(default_factory=lambda: make_manifest(0, 1, listed=100))
    answer: Exception | None = None
    during_sync: Callable[[], None] = lambda: None
    calls: list[Route] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.wake_ups = MemoryWakeUps(self.clock)
        self.states = RouteStates(self.documents)
        self.flights = Flights(self.documents, clock=self.clock.monotonic)
        self.notices = Notices(self.states, self.wake_ups, POLICY.quiet, clock=self.clock.monotonic)
        self.worker = Reconciler(
            self.states, self.flights, self.notices, lambda _: self.folder, self, POLICY, jitter=lambda: 1.0
        )

    def sync(self, route: Route, *, deadline_s: float) -> str:
        assert deadline_s > 0
        self.calls.append(route)
        self.during_sync()
        if self.answer:
            raise self.answer
        return "request-1"

    def state(self) -> RouteState:
        return self.states.read(ROUTE).state


@pytest.fixture
def world() -> World:
    return World()


def test_a_quiet_change_is_synced_and_remembered(world: World) -> None:
    assert isinstance(world.worker.reconcile(ROUTE), Sync)
    assert world.calls == [ROUTE]
    synced = world.state().synced
    assert synced
    assert (synced.revision, synced.request_id) == (world.folder.revision, "request-1")


def test_the_same_content_is_not_synced_again(world: World) -> None:
    world.worker.reconcile(ROUTE)
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert len(world.calls) == 1


def test_a_running_burst_is_waited_out_with_a_new_wake_up(world: World) -> None:
    world.folder = make_manifest(98, listed=100)
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Wait)
    assert world.wake_ups.sent == [("default", NOON + timedelta(seconds=104))]
    assert world.state().burst_since == NOON + timedelta(seconds=98)
    assert not world.calls


def test_a_notice_is_cleared_by_the_reconcile_that_answers_it(world: World) -> None:
    world.notices.notice(ROUTE)
    world.clock.seconds += 5
    world.worker.reconcile(ROUTE)
    assert world.state().pending is None


def test_a_change_during_a_sync_keeps_its_wake_up(world: World) -> None:
    world.during_sync = lambda: world.notices.notice(ROUTE)
    world.worker.reconcile(ROUTE)
    state = world.state()
    assert state.pending
    assert state.synced
    assert len(world.wake_ups.sent) == 1


def test_while_another_worker_has_the_environment_the_wake_up_is_sent_again(world: World) -> None:
    flight = world.flights.take(ROUTE.environment)
    assert flight
    decision = world.worker.reconcile(ROUTE)
    assert isinstance(decision, Wait)
    assert decision.reason == "FlightTaken"
    assert len(world.wake_ups.sent) == 1
    assert not world.calls


def test_many_workers_that_find_the_environment_taken_send_one_wake_up_in_all(world: World) -> None:
    assert world.flights.take(ROUTE.environment)
    for _ in range(6):
        world.worker.reconcile(ROUTE)
    assert len(world.wake_ups.sent) == 1


def test_the_environment_is_free_again_after_a_sync_even_after_a_failed_one(world: World) -> None:
    world.answer = ArmRefusal("no", code="Forbidden", status=403)
    world.worker.reconcile(ROUTE)
    assert world.flights.take(ROUTE.environment)


def test_a_failure_for_now_is_remembered_and_tried_again_after_a_back_off(world: World) -> None:
    world.answer = ArmUnavailable("busy", code="ServerBusy", status=503, request_id="r")
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.transient, failure.code, failure.status, failure.request_id) == (True, "ServerBusy", 503, "r")
    assert failure.next_attempt == NOON + timedelta(seconds=105)
    assert world.wake_ups.sent == [("default", NOON + timedelta(seconds=105))]


def test_the_back_off_doubles_and_retry_after_is_its_floor(world: World) -> None:
    world.answer = ArmUnavailable("busy", code="ServerBusy", retry_after_s=30)
    world.worker.reconcile(ROUTE)
    world.clock.seconds = 200
    world.folder = make_manifest(0, 1, listed=200)
    world.worker.reconcile(ROUTE)
    assert [(due - NOON).total_seconds() for _, due in world.wake_ups.sent] == [100 + 30 + 5, 200 + 30 + 10]
    failure = world.state().failure
    assert failure
    assert failure.count == 2


def test_a_refusal_is_remembered_with_arms_words_and_not_hammered(world: World) -> None:
    world.answer = ArmRefusal("no such linked service", code="BadRequest", status=400, request_id="r")
    world.worker.reconcile(ROUTE)
    failure = world.state().failure
    assert failure
    assert (failure.transient, failure.message, failure.request_id) == (False, "no such linked service", "r")
    assert world.wake_ups.sent == []
    assert isinstance(world.worker.reconcile(ROUTE), Skip)


def test_a_success_ends_a_failure(world: World) -> None:
    world.answer = ArmUnavailable("busy", code="ServerBusy")
    world.worker.reconcile(ROUTE)
    world.answer = None
    world.clock.seconds = 200
    world.folder = make_manifest(0, 1, listed=200)
    world.worker.reconcile(ROUTE)
    assert world.state().failure is None
    assert world.state().synced


def test_a_listing_that_fails_frees_the_environment_and_is_tried_again_by_the_queue(world: World) -> None:
    def down(_: Route) -> Manifest:
        raise ConnectionError("storage is down")

    worker = Reconciler(world.states, world.flights, world.notices, down, world, POLICY)
    with pytest.raises(ConnectionError):
        worker.reconcile(ROUTE)
    assert world.flights.take(ROUTE.environment)
