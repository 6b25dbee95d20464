import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ServiceRequestError

from shared.api.health import Readiness
from shared.errors import NoToken, ServiceRefusal, ServiceUnavailable
from shared.route import Route
from shared.targets.port import Accepted
from tests.unit.world import ROUTE, World

REQUEST = func.HttpRequest(method="GET", url="/api/ready", body=b"")


def has_token() -> None:
    return


def has_none() -> None:
    raise NoToken("the app's identity got no token for ARM", code="NoToken")


def answer_of(world: World, check_token: Callable[[], None] = has_token) -> tuple[int, dict[str, Any]]:
    response = Readiness([ROUTE], world.states, check_token, world.policy.longest_wait).answer(REQUEST)
    body: dict[str, Any] = json.loads(response.get_body())
    assert body["ready"] is (response.status_code == 200)
    return response.status_code, body


def ask(world: World, check_token: Callable[[], None] = has_token) -> tuple[int, list[dict[str, Any]]]:
    status, body = answer_of(world, check_token)
    return status, body["troubles"]


def test_a_route_that_has_never_been_synced_is_no_trouble() -> None:
    assert ask(World()) == (200, [])


def test_a_sync_that_failed_turns_it_red_in_arms_words_until_one_succeeds() -> None:
    world = World(answer=ServiceRefusal("no such linked service", code="BadRequest", status=400))
    world.worker.reconcile(ROUTE)
    red = {"route": "default", "reason": "BadRequest", "sentence": "no such linked service"}
    assert ask(world) == (503, [red])


def test_a_held_change_turns_it_red() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.at(200)
    world.worker.reconcile(ROUTE)
    status, (trouble,) = ask(world)
    assert (status, trouble["reason"]) == (503, "FolderEmpty")


def test_an_identity_without_a_token_turns_it_red() -> None:
    status, (trouble,) = ask(World(), has_none)
    assert (status, trouble["route"], trouble["reason"]) == (503, None, "NoToken")


def test_storage_that_does_not_answer_turns_it_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_: Route) -> None:
        raise ServiceRequestError("no route to host")

    world = World()
    monkeypatch.setattr(world.states, "read_all", down)
    status, (trouble,) = ask(world)
    assert (status, trouble["reason"]) == (503, "StorageUnavailable")


def test_it_tells_the_age_of_the_last_good_sync_and_the_failures_since() -> None:
    world = World()
    world.worker.reconcile(ROUTE)
    world.answer = ServiceUnavailable("busy", code="ServerBusy")
    for seconds in (200, 900):
        world.at(seconds, 0, 190, content="v2")
        world.worker.reconcile(ROUTE)
    world.clock.seconds = 1000
    _, body = answer_of(world)
    assert body["routes"] == [
        {
            "name": "default",
            "ready": False,
            "lastSync": "2026-01-01T12:01:40Z",
            "lastSyncAgeSeconds": 900,
            "failuresInARow": 2,
            "pendingSince": "2026-01-01T12:03:20Z",
        }
    ]


def test_a_change_that_is_not_looked_at_turns_it_red() -> None:
    world = World()
    world.wake_ups.notice(ROUTE)
    world.clock.seconds += 420
    assert ask(world) == (200, [])
    world.clock.seconds += 1
    status, (trouble,) = ask(world)
    assert (status, trouble["reason"], trouble["route"]) == (503, "ChangeOverdue", "default")


def test_a_burst_whose_worker_crashed_turns_it_red() -> None:
    world = World()
    world.at(100, 99)
    world.worker.reconcile(ROUTE)
    world.states.update(ROUTE, lambda state, _: state.model_copy(update={"pending": None}))
    world.clock.seconds = 521
    _, (trouble,) = ask(world)
    assert trouble["reason"] == "ChangeOverdue"


def test_a_change_of_a_suspended_route_is_not_overdue() -> None:
    world = World()
    world.wake_ups.notice(ROUTE)
    world.commands.suspend(ROUTE)
    world.clock.seconds += 4000
    assert ask(world) == (200, [])


def test_a_change_that_backs_off_is_not_overdue_before_its_next_attempt() -> None:
    world = World(answer=ServiceUnavailable("busy", code="ServerBusy", retry_after_s=3000))
    world.worker.reconcile(ROUTE)
    world.clock.seconds += 3000
    assert [trouble["reason"] for trouble in ask(world)[1]] == ["ServerBusy"]
    world.clock.seconds += 430
    assert [trouble["reason"] for trouble in ask(world)[1]] == ["ServerBusy", "ChangeOverdue"]


def test_an_import_that_is_no_longer_followed_turns_it_red() -> None:
    world = World(answer=Accepted(202, "request-1", "handle-1", 15))
    world.worker.reconcile(ROUTE)
    world.clock.seconds += 1800 + 360
    assert ask(world) == (200, [])
    world.clock.seconds += 1
    _, (trouble,) = ask(world)
    assert trouble["reason"] == "OperationOverdue"


def test_another_app_under_the_same_name_turns_it_red() -> None:
    world = World()
    ready = Readiness([ROUTE], world.states, has_token, world.policy.longest_wait, lambda: True).answer(REQUEST)
    (trouble,) = json.loads(ready.get_body())["troubles"]
    assert (ready.status_code, trouble["route"], trouble["reason"]) == (503, None, "AppNameContested")
    assert "RELAY_APP_NAME" in trouble["sentence"]
