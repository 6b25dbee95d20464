import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest
from azure.core.exceptions import ServiceRequestError

from shared.api.health import Readiness
from shared.errors import ArmRefusal, NoToken
from shared.relay.route import Route
from tests.unit.world import ROUTE, World

REQUEST = func.HttpRequest(method="GET", url="/api/ready", body=b"")


def has_token() -> None:
    return


def has_none() -> None:
    raise NoToken("the app's identity got no token for ARM", code="NoToken")


def ask(world: World, check_token: Callable[[], None] = has_token) -> tuple[int, list[dict[str, Any]]]:
    response = Readiness([ROUTE], world.states, check_token).answer(REQUEST)
    body = json.loads(response.get_body())
    assert body["ready"] is (response.status_code == 200)
    return response.status_code, body["troubles"]


def test_a_route_that_has_never_been_synced_is_no_trouble() -> None:
    assert ask(World()) == (200, [])


def test_a_sync_that_failed_turns_it_red_in_arms_words_until_one_succeeds() -> None:
    world = World(answer=ArmRefusal("no such linked service", code="BadRequest", status=400))
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
    monkeypatch.setattr(world.states, "read", down)
    status, (trouble,) = ask(world)
    assert (status, trouble["reason"]) == (503, "StorageUnavailable")
