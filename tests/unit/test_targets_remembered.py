"""What was synced counts for the target that it was synced to, and for no other."""

from dataclasses import replace

import pytest

from shared.errors import ServiceRefusal
from shared.route import Route
from shared.sync.decide import Skip, Sync
from shared.targets.port import Accepted, ImportSucceeded
from tests.unit.memory import make_route
from tests.unit.world import ROUTE, World

GONE = ServiceRefusal("no such environment", code="NotFound", status=404)
OTHERS = {
    "environment": make_route(environment="another"),
    "folder": make_route(folder="files/another"),
    "options": replace(ROUTE, request=replace(ROUTE.adf[1], overwrite=False)),
    "connection": replace(ROUTE, connection="AnotherStorage"),
}


@pytest.fixture
def world() -> World:
    world = World(incarnation="first")
    world.worker.reconcile(ROUTE)
    assert world.synced == [ROUTE]
    return world


def look(world: World, seconds: float, route: Route = ROUTE) -> object:
    world.at(seconds, 0, 1)
    return world.worker.reconcile(route)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_target_under_the_same_name_is_synced(world: World, other: Route) -> None:
    assert isinstance(look(world, 200, other), Sync)
    assert isinstance(look(world, 300, other), Skip)
    added = world.history()[0].changes
    assert added
    assert added.added.count == 2


def test_another_target_is_synced_though_the_last_one_refused(world: World) -> None:
    world.answer = ServiceRefusal("no such linked service", code="BadRequest", status=400)
    world.at(200, 190, 1, content="v2")
    world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-2")
    world.at(210, 190, 1, content="v2")
    assert isinstance(world.worker.reconcile(OTHERS["environment"]), Sync)


def test_an_import_into_the_last_target_does_not_count_for_the_next() -> None:
    world = World(answer=Accepted(202, "request-1", handle="handle", poll_after_s=5))
    world.worker.reconcile(ROUTE)
    world.progress, world.answer = ImportSucceeded(), Accepted(202, "request-2")
    look(world, 110, OTHERS["options"])
    assert isinstance(look(world, 200, OTHERS["options"]), Sync)


def test_an_environment_that_was_made_anew_is_synced(world: World) -> None:
    world.incarnation = "second"
    assert isinstance(look(world, 200), Sync)
    assert isinstance(look(world, 300), Skip)


def test_an_environment_that_is_gone_fails_and_is_synced_once_it_is_back(world: World) -> None:
    world.environment = GONE
    look(world, 200)
    assert [record.code for record in world.history()][:1] == ["NotFound"]
    world.environment, world.incarnation = "Started", None
    assert isinstance(look(world, 300), Sync)
    assert len(world.synced) == 2


def test_an_unchanged_environment_is_asked_for_once_a_minute_at_most(world: World) -> None:
    world.incarnation = "second"
    assert isinstance(look(world, 130), Skip)
