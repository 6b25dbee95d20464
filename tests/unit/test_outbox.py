"""How alerts reach the receiver: in order, at least once, with back-off, and at no cost to a sync."""

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from azure.core.exceptions import ServiceRequestError

from shared.errors import NotDelivered, ServiceRefusal
from shared.sync.outbox import LIFETIME
from shared.targets.port import Accepted
from tests.unit.memory import NOON, make_route
from tests.unit.world import ROUTE, World

REFUSED = ServiceRefusal("no such linked service", code="BadRequest", status=400)
DOWN = NotDelivered("the receiver answered 500")


@pytest.fixture
def world() -> World:
    """A route whose sync was refused at 100 s."""
    world = World(answer=REFUSED)
    world.worker.reconcile(ROUTE)
    return world


def recover(world: World) -> None:
    """Let the next sync work, which makes the second alert."""
    world.answer = Accepted(202, "request-2")
    world.at(world.clock.seconds + 100, world.clock.seconds, 1, content="v2")
    world.worker.reconcile(ROUTE)


def work_off(world: World) -> None:
    """Take every message that is due by now from the queue of notifications, as the queue trigger does."""
    while due := [message for message in world.asked.sent if message[1] <= world.clock.now()]:
        world.asked.sent.remove(due[0])
        world.notifications.deliver(ROUTE)


def posted(world: World) -> list[str]:
    return [alert.kind for alert in world.posted]


def attempts(world: World, until: float) -> list[float]:
    """Return when the receiver was tried, in seconds after noon; time goes by a second at a time."""
    tried: list[float] = []
    while world.clock.seconds < until:
        before = len(world.posted)
        work_off(world)
        tried += [world.clock.seconds] * (len(world.posted) - before)
        world.clock.seconds += 1
    return tried


def test_alerts_are_delivered_in_order_and_then_forgotten(world: World) -> None:
    recover(world)
    work_off(world)
    assert posted(world) == ["failed", "recovered"]
    assert world.alerts() == []
    assert world.asked.sent == []


def test_one_message_makes_one_post(world: World) -> None:
    recover(world)
    world.notifications.deliver(ROUTE)
    assert posted(world) == ["failed"]


def test_a_message_without_news_does_nothing(world: World) -> None:
    work_off(world)
    world.notifications.deliver(ROUTE)
    assert posted(world) == ["failed"]


def test_a_receiver_that_is_down_is_tried_again_ever_more_seldom(world: World) -> None:
    world.receiver = DOWN
    tried = attempts(world, until=2 * 3600)
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert gaps[:8] == [10, 20, 40, 80, 160, 320, 640, 900]
    assert set(gaps[8:]) == {900}


def test_the_back_off_is_no_shorter_than_the_receiver_asks_for(world: World) -> None:
    world.receiver = NotDelivered("the receiver answered 429", retry_after_s=120)
    assert attempts(world, until=300) == [100, 230]


def test_it_is_the_same_news_each_time_and_others_wait_behind_it(world: World) -> None:
    world.receiver = DOWN
    recover(world)
    attempts(world, until=500)
    assert len({alert.id for alert in world.posted}) == 1
    world.receiver = None
    attempts(world, until=2000)
    assert posted(world)[-2:] == ["failed", "recovered"]
    assert world.alerts() == []


def test_new_news_do_not_cut_the_back_off_short_and_messages_do_not_multiply(world: World) -> None:
    world.receiver = DOWN
    world.clock.seconds = 100
    work_off(world)
    recover(world)
    work_off(world)
    assert len(world.posted) == 2
    assert len(world.asked.sent) == 1
    world.asked.sent *= 3
    attempts(world, until=600)
    assert len(world.asked.sent) == 1


def test_after_a_day_of_failing_news_are_given_up_with_an_error_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    world.receiver = DOWN
    attempts(world, until=100 + LIFETIME.total_seconds() + 1000)
    assert world.alerts() == []
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "given up" in error.getMessage()
    assert "the receiver answered 500" in error.getMessage()


def test_an_alert_that_was_not_tried_for_a_day_is_tried_once_more(world: World) -> None:
    world.clock.seconds += LIFETIME.total_seconds() * 3
    work_off(world)
    assert posted(world) == ["failed"]
    assert world.alerts() == []


def sweep(world: World) -> None:
    loaded = world.wake_ups.notice(ROUTE)
    if loaded:
        world.notifications.remind(ROUTE, loaded)


def test_the_sweep_asks_again_when_the_message_was_lost(world: World) -> None:
    world.asked.sent.clear()
    sweep(world)
    work_off(world)
    assert posted(world) == ["failed"]


def test_the_sweep_leaves_a_back_off_alone_unless_its_message_is_overdue(world: World) -> None:
    world.receiver = DOWN
    work_off(world)
    world.asked.sent.clear()
    sweep(world)
    assert world.asked.sent == []
    world.clock.seconds += 300
    sweep(world)
    assert len(world.asked.sent) == 1


def test_the_sweep_asks_for_nothing_where_there_are_no_news(world: World) -> None:
    work_off(world)
    sweep(world)
    assert world.asked.sent == []


def test_a_queue_that_is_away_fails_no_sync_and_loses_no_news(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    world = World(answer=REFUSED)
    world.asked.error = ServiceRequestError("no route to host")
    world.worker.reconcile(ROUTE)
    assert world.alerts() == ["failed"]
    assert world.history()[0].outcome == "refused"
    assert "ServiceRequestError" in caplog.text


def test_two_processes_at_once_may_deliver_twice_and_forget_once(world: World) -> None:
    recover(world)
    other = replace(world.notifications, under_way=threading.Lock())

    def let_the_other_deliver() -> None:
        world.during_post = lambda: None
        other.deliver(ROUTE)

    world.during_post = let_the_other_deliver
    work_off(world)
    assert posted(world) == ["failed", "failed", "recovered"]
    assert world.alerts() == []


def test_while_one_delivery_hangs_others_of_the_process_wait_without_a_thread(world: World) -> None:
    def let_another_route_try() -> None:
        world.asked.sent.clear()
        world.notifications.deliver(make_route("other"))

    world.during_post = let_another_route_try
    world.notifications.deliver(ROUTE)
    assert world.asked.sent == [("other", world.clock.now() + timedelta(seconds=2))]
    assert posted(world) == ["failed"]


def test_a_delivery_that_crashed_after_the_post_is_repeated_with_the_same_id(world: World) -> None:
    stored = dict(world.documents.stored)
    work_off(world)
    world.documents.stored = stored
    world.clock.seconds += 300
    sweep(world)
    work_off(world)
    first, second = world.posted
    assert first == second


def test_the_times_of_news_are_the_storages(world: World) -> None:
    assert world.state().outbox.alerts[0].at == NOON + timedelta(seconds=100)
