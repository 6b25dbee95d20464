"""What is asked for or uploaded while a worker is busy has a message that leads to it; no sweep has to find it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import Throttled
from shared.targets.port import Accepted, ImportFailed
from tests.unit.memory import NOON
from tests.unit.world import ROUTE, World

RUNNING = Accepted(202, "request-1", handle="handle", poll_after_s=10)


@pytest.fixture
def world() -> World:
    return World()


def drive(world: World, until: float, *written: float, content: str = "v1") -> None:
    """Answer each message when it is due, once, up to a time."""
    messages = [moment for _, moment in world.queue.sent]
    while messages and (min(messages) - NOON).total_seconds() <= until:
        messages.remove(moment := min(messages))
        sent = len(world.queue.sent)
        world.at(max(world.clock.seconds, (moment - NOON).total_seconds()), *written, content=content)
        world.worker.reconcile(ROUTE)
        messages += [each for _, each in world.queue.sent[sent:]]
    world.at(until, *written, content=content)


def once(action: Callable[[], object]) -> Callable[[], object]:
    actions = [action]
    return lambda: actions.pop()() if actions else None


def ask_while_the_environment_is_taken(world: World, *, force: bool) -> str:
    """Request a sync whose own message comes at once, while another worker is busy with the request before."""
    sync_id = world.commands.request_sync(ROUTE, force=force)
    world.queue.sent.pop()
    assert world.worker.reconcile(ROUTE).reason == "EnvironmentBusy"
    return sync_id


def test_a_request_that_waits_its_turn_behind_a_burst_is_answered(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 199, content="v2")
    ids = [world.commands.request_sync(ROUTE, force=False)]
    world.during_listing = once(lambda: ids.append(ask_while_the_environment_is_taken(world, force=True)))
    drive(world, 290, 0, 199, content="v2")
    assert set(ids) <= {record.sync_id for record in world.history()}


def test_a_request_that_waits_its_turn_behind_one_that_was_throttled_is_answered(world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    ids = [world.commands.request_sync(ROUTE, force=True)]

    def ask_and_throttle() -> None:
        ids.append(ask_while_the_environment_is_taken(world, force=False))
        world.answer = Throttled("busy", code="ServerBusy", retry_after_s=1)

    world.during_sync = once(ask_and_throttle)
    drive(world, 200, 0, 1)
    world.answer = Accepted(202, "request-1")
    drive(world, 290, 0, 1)
    assert set(ids) <= {record.sync_id for record in world.history()}


@pytest.mark.parametrize("force", [True, False])
def test_a_request_during_an_import_that_fails_is_answered(world: World, *, force: bool) -> None:
    world.answer = RUNNING
    world.worker.reconcile(ROUTE)
    world.at(103, 0, 1)
    sync_id = world.commands.request_sync(ROUTE, force=force)
    world.progress, world.answer = ImportFailed("ImportFailed", "it failed"), Accepted(202, "request-2")
    drive(world, 280, 0, 1)
    assert sync_id in {record.sync_id for record in world.history()}


def test_an_upload_during_an_import_that_fails_is_synced(world: World) -> None:
    world.answer = RUNNING
    world.worker.reconcile(ROUTE)
    world.at(103, 0, 102, content="v2")
    world.wake_ups.notice(ROUTE, changed_at=NOON + timedelta(seconds=102))
    world.progress, world.answer = ImportFailed("ImportFailed", "it failed"), Accepted(202, "request-2")
    drive(world, 280, 0, 102, content="v2")
    assert len(world.synced) == 2
