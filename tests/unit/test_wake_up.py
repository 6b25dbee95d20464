import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from shared.sync import transitions
from shared.sync.decide import RESOLUTION
from shared.sync.store import RouteStates
from shared.sync.wake_up import WakeUps
from tests.unit.memory import NOON, Clock, MemoryDocuments, MemoryQueue, make_route

QUIET = timedelta(seconds=5)
ROUTE = make_route()


@dataclass
class Process:
    """One process of the app; processes that share documents and wake-ups share a storage account."""

    clock: Clock = field(default_factory=Clock)
    documents: MemoryDocuments = field(init=False)
    queue: MemoryQueue = field(init=False)
    wake_ups: WakeUps = field(init=False)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.wake_ups = self.another()

    def another(self) -> WakeUps:
        return WakeUps(RouteStates(self.documents), self.queue, QUIET, clock=self.clock.monotonic)


@pytest.fixture
def process() -> Process:
    return Process()


def test_a_notice_arms_one_wake_up_that_is_due_once_the_quiet_window_has_certainly_passed(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    assert process.queue.sent == [("default", NOON + QUIET + RESOLUTION)]


def test_a_burst_of_2500_notices_arms_one_wake_up_with_at_most_10_storage_requests(process: Process) -> None:
    for _ in range(2500):
        process.wake_ups.notice(ROUTE)
    assert len(process.queue.sent) == 1
    assert process.documents.requests + len(process.queue.sent) <= 10


def test_notices_of_many_threads_arm_one_wake_up(process: Process) -> None:
    threads = [threading.Thread(target=process.wake_ups.notice, args=[ROUTE]) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(process.queue.sent) == 1


def test_another_process_reads_that_a_wake_up_is_on_its_way(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.another().notice(ROUTE)
    assert len(process.queue.sent) == 1


@pytest.mark.parametrize("seconds", [5.0, 5.9, 6.0, 60.0])
def test_a_notice_that_the_wake_up_might_not_cover_arms_another_one(process: Process, seconds: float) -> None:
    process.wake_ups.notice(ROUTE)
    process.clock.seconds = seconds
    process.wake_ups.notice(ROUTE)
    assert len(process.queue.sent) == 2


def test_a_burst_of_notices_that_ask_for_a_look_at_once_gets_one_and_one_after_the_quiet_window(
    process: Process,
) -> None:
    for _ in range(2500):
        process.wake_ups.notice(ROUTE, timedelta(0))
    assert process.queue.sent == [("default", NOON), ("default", NOON + QUIET + RESOLUTION)]
    assert process.documents.requests <= 10


def test_a_wake_up_that_a_worker_has_answered_already_is_not_waited_for(process: Process) -> None:
    def answer(_route_name: str, delay: timedelta) -> datetime:
        states = RouteStates(process.documents)
        states.update(ROUTE, transitions.taken_over("a worker", ROUTE.target))
        return process.clock.now() + delay

    process.queue.send = answer  # type: ignore[assignment,method-assign]
    process.wake_ups.notice(ROUTE, timedelta(0))
    assert RouteStates(process.documents).read(ROUTE).state.pending is None


def test_a_wake_up_that_is_on_its_way_serves_whoever_wants_to_look_again(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.another().notice(ROUTE, timedelta(seconds=60))
    assert len(process.queue.sent) == 1


def test_routes_do_not_cover_each_other(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.wake_ups.notice(make_route("other"))
    assert [name for name, _ in process.queue.sent] == ["default", "other"]


def test_a_wake_up_that_was_sent_but_not_noted_costs_another_process_a_second_one(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.documents.stored.clear()
    process.another().notice(ROUTE)
    assert len(process.queue.sent) == 2
