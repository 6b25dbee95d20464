"""The sweep: every route is looked at, whatever fails beside it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import FolderUnreadable
from shared.route import Route
from shared.sync.state import Held, Looking, Pending, Requested, Unreadable
from shared.sync.sweep import Retention, Sweep
from tests.unit.memory import NOON, Clock, make_manifest, make_route
from tests.unit.world import World

ROUTES = [make_route("one"), make_route("two"), make_route("three")]


def sweep(world: World, *housekeeping: Callable[[], None]) -> Sweep:
    return Sweep(
        routes=ROUTES,
        states=world.states,
        list_folders=lambda routes: {route.name: world.list_folder(route) for route in routes},
        policy=world.policy,
        wake_ups=world.wake_ups,
        outbox=None,
        history=world.records,
        retention=Retention(records=10, age=timedelta(days=1)),
        housekeeping=housekeeping,
    )


def test_every_route_is_looked_at_at_once() -> None:
    world = World()
    sweep(world).run()
    assert world.queue.sent == [(route.name, world.clock.now()) for route in ROUTES]


def test_a_route_that_fails_keeps_no_other_from_being_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    notice = world.wake_ups.notice

    def fail_for_one(route: Route, delay: timedelta | None = None, *, by_sweep: bool = False) -> object:
        if route.name == "one":
            raise ConnectionError("storage did not answer")
        return notice(route, delay, by_sweep=by_sweep)

    monkeypatch.setattr(world.wake_ups, "notice", fail_for_one)
    with pytest.raises(ExceptionGroup) as failed:
        sweep(world).run()
    assert [str(error) for error in failed.value.exceptions] == ["storage did not answer"]
    assert [name for name, _ in world.queue.sent] == ["two", "three"]


def test_housekeeping_is_done_though_a_part_of_it_fails() -> None:
    done: list[str] = []

    def fail() -> None:
        raise ConnectionError("storage did not answer")

    with pytest.raises(ExceptionGroup):
        sweep(World(), fail, lambda: done.append("second")).run()
    assert done == ["second"]


MANY = [make_route(f"route-{n}", environment=f"environment-{n}") for n in range(40)]


def idle_world() -> World:
    """Return a world in which every route was synced a while ago, those with larger numbers later."""
    world = World(clock=Clock(seconds=100))
    for seconds, route in enumerate(MANY, start=100):
        world.at(seconds, 0)
        world.worker.reconcile(route)
    world.at(1000, 0)
    world.queue.sent.clear()
    return world


def noticed(world: World) -> list[str]:
    world.queue.sent.clear()
    with suppress(ExceptionGroup):
        replace(sweep(world), routes=MANY).run()
    return [name for name, _ in world.queue.sent]


def test_of_many_idle_routes_a_few_are_looked_at_those_first_that_were_not_for_longest() -> None:
    assert noticed(idle_world()) == ["route-0", "route-1", "route-2"]


def test_an_idle_sweep_makes_as_many_requests_for_many_routes_as_for_a_few() -> None:
    world = idle_world()
    before = world.documents.requests
    noticed(world)
    assert world.documents.requests - before <= 40


def test_a_route_whose_folder_differs_is_looked_at() -> None:
    world = idle_world()
    changed = make_manifest(0, 900, listed=1000)
    list_folder = world.list_folder
    world.list_folder = lambda route: changed if route.name == "route-30" else list_folder(route)  # type: ignore[method-assign,assignment]
    assert "route-30" in noticed(world)


def test_a_route_whose_folder_could_not_be_listed_is_looked_at() -> None:
    world = idle_world()
    world.unreadable = FolderUnreadable("refused", code="AuthorizationFailure")
    assert noticed(world) == [route.name for route in MANY]


LATER = NOON + timedelta(seconds=900)
OPEN_ENDS: dict[str, object] = {
    "pending": Pending(since=LATER, due=LATER),
    "requested": Requested(sync_id="1", force=False, at=LATER),
    "looking": Looking(since=LATER, began=LATER),
    "behind_since": LATER,
    "held": Held(revision="1", reason="FolderEmpty", sentence="all files are gone", since=LATER),
    "unreadable": Unreadable(sync_id="1", since=LATER, count=1, code="1", message="1"),
    "target": "another one",
    "verified_at": NOON - timedelta(days=2),
}


@pytest.mark.parametrize("part", OPEN_ENDS)
def test_a_route_with_something_open_is_looked_at(part: str) -> None:
    world = idle_world()
    route = MANY[30]
    world.states.update(route, lambda state, _: state.model_copy(update={part: OPEN_ENDS[part]}))
    assert route.name in noticed(world)
