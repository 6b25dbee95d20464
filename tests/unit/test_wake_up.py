import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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
    slept: list[float] = field(default_factory=list)
    during_sleep: Callable[[], object] = lambda: None
    answers: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.wake_ups = self.another()

    def another(self) -> WakeUps:
        return WakeUps(RouteStates(self.documents), self.queue, QUIET, clock=self.clock.monotonic, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.during_sleep()


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
    def answer(_route_name: str, delay: timedelta, _due: datetime) -> datetime:
        states = RouteStates(process.documents)
        states.update(ROUTE, transitions.taken_over("a worker", ROUTE.target))
        return process.clock.now() + delay

    process.queue.send = answer  # type: ignore[assignment,method-assign]
    process.wake_ups.notice(ROUTE, timedelta(0))
    assert RouteStates(process.documents).read(ROUTE).state.pending is None


def test_a_wake_up_that_is_on_its_way_serves_every_worker_that_wants_to_look_again(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.another().notice(ROUTE, timedelta(seconds=60))
    assert len(process.queue.sent) == 1


def test_a_state_that_the_caller_has_just_written_is_not_read_again(process: Process) -> None:
    states = RouteStates(process.documents)
    states.update(ROUTE, transitions.suspended())
    requests = process.documents.requests
    process.wake_ups.notice(ROUTE, written=states.recall(ROUTE))
    assert process.documents.requests == requests + 1
    assert len(process.queue.sent) == 1


def test_a_wake_up_that_was_on_its_way_when_the_caller_wrote_the_state_may_have_been_answered_since(
    process: Process,
) -> None:
    process.another().notice(ROUTE)
    states = RouteStates(process.documents)
    states.update(ROUTE, transitions.suspended())
    written = states.recall(ROUTE)
    states.update(ROUTE, transitions.taken_over("worker", ROUTE.target))
    process.wake_ups.notice(ROUTE, written=written)
    assert len(process.queue.sent) == 2


def test_a_state_that_was_written_a_while_ago_makes_no_wake_up_seem_later_than_it_is(process: Process) -> None:
    states = RouteStates(process.documents)
    states.update(ROUTE, transitions.suspended())
    written = states.recall(ROUTE)
    process.clock.seconds = 20
    process.wake_ups.notice(ROUTE, timedelta(seconds=5), written=written)
    states.update(ROUTE, transitions.taken_over("worker", "target"))
    process.clock.seconds = 22
    process.wake_ups.notice(ROUTE)
    assert len(process.queue.sent) == 2


def test_routes_do_not_cover_each_other(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.wake_ups.notice(make_route("other"))
    assert [name for name, _ in process.queue.sent] == ["default", "other"]


def test_a_wake_up_that_was_sent_but_not_noted_costs_another_process_a_second_one(process: Process) -> None:
    process.wake_ups.notice(ROUTE)
    process.documents.stored.clear()
    process.another().notice(ROUTE)
    assert len(process.queue.sent) == 2


def test_a_wake_up_that_came_early_is_waited_for_in_place(process: Process) -> None:
    assert process.wake_ups.wait_until_due(ROUTE, NOON + timedelta(seconds=2))
    assert process.slept == [pytest.approx(2, abs=0.1)]


def test_a_wake_up_that_is_due_is_answered_at_once(process: Process) -> None:
    process.clock.seconds = 2
    assert process.wake_ups.wait_until_due(ROUTE, NOON + timedelta(seconds=2))
    assert process.slept == []


def test_a_message_cannot_make_a_worker_wait_for_longer_than_the_head_start(process: Process) -> None:
    assert process.wake_ups.wait_until_due(ROUTE, datetime.max.replace(tzinfo=UTC))
    assert process.slept == [pytest.approx(4, abs=0.1)]


def test_where_enough_workers_wait_already_a_wake_up_is_sent_again_for_when_it_is_due(process: Process) -> None:
    due = NOON + timedelta(seconds=2)
    process.during_sleep = lambda: process.answers.append(process.wake_ups.wait_until_due(ROUTE, due))
    assert process.wake_ups.wait_until_due(ROUTE, due)
    assert len(process.slept) == 3
    assert process.queue.sent == [("default", due)]
    assert process.answers == [False, True, True]


def test_the_quiet_window_counts_from_when_the_file_was_written_if_that_is_known(process: Process) -> None:
    process.clock.seconds = 3
    process.wake_ups.notice(ROUTE, changed_at=NOON + timedelta(seconds=1))
    assert process.queue.sent == [("default", NOON + timedelta(seconds=1) + QUIET + RESOLUTION)]


def test_a_file_whose_window_has_passed_is_looked_at_at_once(process: Process) -> None:
    process.clock.seconds = 60
    process.wake_ups.notice(ROUTE, changed_at=NOON)
    (_, due), *_ = process.queue.sent
    assert due < NOON + timedelta(seconds=60)


def test_a_wake_up_is_due_at_a_whole_second_because_the_storage_shows_no_others(process: Process) -> None:
    process.wake_ups.notice(ROUTE, timedelta(seconds=0.4))
    assert process.queue.sent == [("default", NOON + timedelta(seconds=1))]
