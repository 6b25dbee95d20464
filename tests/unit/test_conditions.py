"""What a route says of itself is true at every moment."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from local.fabric.state import JOB, WORKSPACE
from shared.errors import ServiceRefusal
from shared.fabric.names import FabricJob, PushOptions
from shared.route import Route
from shared.sync.conditions import Condition, conditions, pending_since
from shared.sync.decide import Skip, Wait
from shared.targets.port import Accepted
from tests.unit.memory import NOON
from tests.unit.world import ROUTE, World

INTO_FABRIC = replace(ROUTE, environment=FabricJob(WORKSPACE, JOB), request=PushOptions())
REFUSAL = ServiceRefusal("no", code="BadRequest", status=400)
RUNNING = Accepted(202, "r", handle="handle", poll_after_s=5)


def reconciling(world: World) -> Condition:
    return next(each for each in conditions(ROUTE, world.state()) if each.type == "Reconciling")


def test_from_the_notice_to_the_end_of_the_sync_the_route_is_reconciling() -> None:
    world = World()
    seen: list[Condition] = []

    def look() -> None:
        seen.append(reconciling(world))
        assert pending_since(world.state()) is not None

    world.wake_ups.notice(ROUTE)
    look()
    world.during_listing = look
    world.during_sync = look
    world.worker.reconcile(ROUTE)
    assert [each.reason for each in seen][:2] == ["WakeUpArmed", "Looking"]
    assert "Syncing" in {each.reason for each in seen}
    assert {each.status for each in seen} == {"True"}
    assert reconciling(world).reason == "Idle"
    assert pending_since(world.state()) is None


@pytest.mark.parametrize(
    "prepare",
    [
        lambda world: world.worker.reconcile(ROUTE),
        lambda world: world.at(200),
        lambda world: world.commands.suspend(ROUTE),
        lambda world: world.at(200, 199, content="v2"),
        lambda world: setattr(world, "answer", RUNNING),
    ],
    ids=["unchanged", "empty", "suspended", "burst", "followed"],
)
def test_a_look_has_ended_when_the_worker_returns(prepare: Callable[[World], object]) -> None:
    world = World()
    prepare(world)
    world.worker.reconcile(ROUTE)
    state = world.state()
    assert state.looking is None
    assert state.looked_at is not None
    assert state.looked_at >= NOON


def test_from_the_request_for_a_look_to_its_end_the_route_is_reconciling() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    world.commands.look(ROUTE)
    assert reconciling(world).reason == "WakeUpArmed"
    assert world.queue.sent[-1][1] == world.clock.now()
    assert isinstance(world.worker.reconcile(ROUTE), Skip)
    assert reconciling(world).reason == "Idle"
    assert world.history()[1:] == [], "a look leaves no record"


def test_a_look_that_finds_the_environment_busy_is_still_to_come() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(102, 0, 1)
    world.commands.look(ROUTE)
    assert isinstance(world.worker.reconcile(ROUTE), Wait)
    assert reconciling(world).status == "True"


def test_a_look_that_is_requested_while_another_one_goes_on_is_still_to_come() -> None:
    world = World()
    world.during_listing = lambda: world.commands.look(ROUTE)
    world.worker.reconcile(ROUTE)
    assert reconciling(world).reason == "WakeUpArmed"


@pytest.mark.parametrize(("route", "service"), [(ROUTE, "ADF"), (INTO_FABRIC, "Fabric")], ids=["ADF", "Fabric"])
@pytest.mark.parametrize(
    ("answer", "condition", "sentence"),
    [
        (Accepted(202, "r"), "Ready", "{} took what the folder held"),
        (RUNNING, "Reconciling", "a sync into {} is running"),
        (REFUSAL, "Stalled", "{} refuses this revision"),
    ],
    ids=["accepted", "running", "refused"],
)
def test_a_sentence_names_the_service_that_the_folder_goes_to(
    answer: Accepted | ServiceRefusal, condition: str, sentence: str, route: Route, service: str
) -> None:
    world = World()
    world.answer = answer
    world.worker.reconcile(ROUTE)
    found: dict[str, str] = {one.type: one.sentence for one in conditions(route, world.state())}
    assert found[condition] == sentence.format(service)
