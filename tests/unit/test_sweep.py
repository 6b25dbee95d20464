"""The sweep: every route is looked at, whatever fails beside it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.route import Route
from shared.sync.sweep import Retention, Sweep
from tests.unit.memory import make_route
from tests.unit.world import World

ROUTES = [make_route("one"), make_route("two"), make_route("three")]


def sweep(world: World, *housekeeping: Callable[[], None]) -> Sweep:
    return Sweep(
        routes=ROUTES,
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
