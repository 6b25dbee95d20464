import json
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
import pytest
from azure.core.exceptions import ServiceRequestError

from shared.api.routes import RoutesApi
from shared.errors import ArmRefusal
from shared.relay.route import Route
from tests.unit.memory import make_route
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api(world: World) -> RoutesApi:
    return RoutesApi([ROUTE, make_route("other")], world.states, world.baselines, world.records, world.operator)


def request(params: dict[str, str] | None = None, **route_params: str) -> func.HttpRequest:
    return func.HttpRequest(
        method="GET",
        url=f"/api/routes?{urlencode(params or {})}",
        params=params or {},
        route_params={"route": "default"} | route_params,
        body=b"",
    )


def body_of(response: func.HttpResponse) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.get_body())
    return body


def condition(shown: dict[str, Any], kind: str) -> tuple[str, str]:
    found = next(one for one in shown["conditions"] if one["type"] == kind)
    return found["status"], found["reason"]


def test_a_new_route_has_never_been_synced(api: RoutesApi) -> None:
    first, second = body_of(api.index(request()))["routes"]
    assert (first["name"], second["name"]) == ("default", "other")
    assert condition(first, "Ready") == ("Unknown", "NeverSynced")
    assert condition(first, "Reconciling") == ("False", "Idle")
    assert condition(first, "Stalled") == ("False", "NothingInTheWay")


def test_a_synced_route_is_ready(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Ready") == ("True", "Synced")
    assert shown["synced"]["revision"] == world.folder.revision


def test_a_refused_route_is_stalled_in_arms_words(api: RoutesApi, world: World) -> None:
    world.answer = ArmRefusal("no such linked service", code="BadRequest", status=400, request_id="r")
    world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Ready") == ("False", "BadRequest")
    assert condition(shown, "Stalled") == ("True", "BadRequest")
    assert (shown["failure"]["message"], shown["failure"]["request_id"]) == ("no such linked service", "r")


def test_a_noticed_change_shows_since_when_it_is_pending(api: RoutesApi, world: World) -> None:
    world.notices.notice(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Reconciling") == ("True", "WakeUpArmed")
    reconciling = next(one for one in shown["conditions"] if one["type"] == "Reconciling")
    assert shown["pendingSince"] == reconciling["since"] == "2026-01-01T12:01:40+00:00"


def test_removed_files_are_listed_until_they_are_acknowledged(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    for seconds in (200, 206):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert [file["name"] for file in shown["removedFiles"]] == ["airflow/dags/dag_1.py"]
    api.acknowledge_removed(request())
    assert body_of(api.show(request()))["removedFiles"] == []


def test_a_sync_that_is_asked_for_answers_where_its_record_will_be(api: RoutesApi, world: World) -> None:
    asked = api.sync(request())
    accepted = body_of(asked)
    assert (asked.status_code, asked.headers["Location"]) == (202, accepted["url"])
    assert api.record(request(id=accepted["id"])).status_code == 404
    world.worker.reconcile(ROUTE)
    assert body_of(api.record(request(id=accepted["id"])))["outcome"] == "accepted"


def test_a_sync_can_be_forced(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    api.sync(request({"force": "true"}))
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert len(world.synced) == 2


def test_a_route_is_suspended_and_resumed(api: RoutesApi) -> None:
    assert condition(body_of(api.suspend(request())), "Reconciling") == ("False", "Suspended")
    assert condition(body_of(api.resume(request())), "Reconciling") == ("False", "Idle")


def test_history_is_paged_newest_first_and_filtered(api: RoutesApi, world: World) -> None:
    for n in range(5):
        world.at(100 + 100 * n, 0, 50 + 100 * n, content=f"v{n}")
        world.answer = world.answer if n % 2 == 0 else ArmRefusal("no", code="BadRequest", status=400)
        world.worker.reconcile(ROUTE)
    first = body_of(api.history(request({"limit": "2"})))
    second = body_of(api.history(request({"limit": "3", "after": first["after"]})))
    times = [sync["started_at"] for sync in [*first["syncs"], *second["syncs"]]]
    assert len(times) == 5
    assert times == sorted(times, reverse=True)
    refused = body_of(api.history(request({"outcome": "refused"})))["syncs"]
    assert {sync["outcome"] for sync in refused} == {"refused"}


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "²", ""])
def test_a_limit_that_makes_no_sense_is_refused(api: RoutesApi, limit: str) -> None:
    assert api.history(request({"limit": limit})).status_code == 400


def test_a_route_or_an_action_that_does_not_exist_is_a_problem(api: RoutesApi) -> None:
    for response in (api.show(request(route="nowhere")), api.suspend(request(route="nowhere"))):
        assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_storage_that_does_not_answer_is_a_problem_that_passes(api: RoutesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_: Route) -> None:
        raise ServiceRequestError("no route to host")

    monkeypatch.setattr(api.states, "read", down)
    response = api.show(request())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def test_a_force_that_is_neither_true_nor_false_is_refused(api: RoutesApi, world: World) -> None:
    assert api.sync(request({"force": "perhaps"})).status_code == 400
    assert world.state().requested is None
