from dataclasses import replace
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from local.fabric.state import JOB, WORKSPACE
from shared.api.routes.syncs import SyncsApi
from shared.api.routes.waiting import Waiting
from shared.errors import ServiceRefusal
from shared.fabric.names import FabricJob, PushOptions
from shared.targets.port import Accepted
from tests.unit.http import body_of, request, syncs_api
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api(world: World) -> SyncsApi:
    return syncs_api(world)


def after(page: dict[str, Any]) -> dict[str, str]:
    """Return where the next page begins, from the link to it."""
    return {"after": parse_qs(urlsplit(page["nextLink"]).query)["after"][0]}


def test_a_sync_that_is_asked_for_answers_where_its_record_will_be(api: SyncsApi, world: World) -> None:
    asked = api.sync(request())
    accepted = body_of(asked)
    assert (asked.status_code, asked.headers["Location"]) == (202, accepted["url"])
    assert api.record(request(id=accepted["syncId"])).status_code == 404
    world.worker.reconcile(ROUTE)
    assert body_of(api.record(request(id=accepted["syncId"])))["outcome"] == "accepted"


def test_a_sync_can_be_forced(api: SyncsApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    api.sync(request({"force": "true"}))
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert len(world.synced) == 2


def test_history_is_paged_newest_first_and_filtered(api: SyncsApi, world: World) -> None:
    for n in range(5):
        world.at(100 + 100 * n, 0, 50 + 100 * n, content=f"v{n}")
        world.answer = world.answer if n % 2 == 0 else ServiceRefusal("no", code="BadRequest", status=400)
        world.worker.reconcile(ROUTE)
    first = body_of(api.index(request({"limit": "2"})))
    second = body_of(api.index(request({"limit": "3"} | after(first))))
    times = [sync["startedAt"] for sync in [*first["value"], *second["value"]]]
    assert len(times) == 5
    assert times == sorted(times, reverse=True)
    refused = body_of(api.index(request({"outcome": "refused"})))["value"]
    assert {sync["outcome"] for sync in refused} == {"refused"}


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "²", "", "1" * 5000])
def test_a_limit_that_makes_no_sense_is_refused(api: SyncsApi, limit: str) -> None:
    assert api.index(request({"limit": limit})).status_code == 400


def test_a_force_that_is_neither_true_nor_false_is_refused(api: SyncsApi, world: World) -> None:
    assert api.sync(request({"force": "perhaps"})).status_code == 400
    assert world.state().requested is None


@pytest.mark.parametrize(
    ("value", "told"), [("content", (409, "NotPushed")), ("size", (400, "InvalidQuery")), ("", (400, "InvalidQuery"))]
)
def test_only_a_fabric_job_is_read_back(api: SyncsApi, world: World, value: str, told: tuple[int, str]) -> None:
    refused = api.sync(request({"verify": value}))
    assert (refused.status_code, body_of(refused)["code"]) == told
    assert world.state().requested is None


def test_a_job_is_read_back_on_request(world: World) -> None:
    into_fabric = replace(ROUTE, environment=FabricJob(WORKSPACE, JOB), request=PushOptions())
    api = replace(syncs_api(world), routes=[into_fabric])
    assert api.sync(request({"verify": "content"})).status_code == 202
    requested = world.state().requested
    assert requested
    assert (requested.read_back, requested.force) == (True, False)
    assert api.sync(request({"verify": "size"})).status_code == 400


def test_the_last_page_of_the_history_says_that_it_is_the_last(api: SyncsApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    assert body_of(api.index(request({"limit": "1"})))["nextLink"] is None


def test_a_list_shows_the_changes_in_short_and_costs_one_read(api: SyncsApi, world: World) -> None:
    world.at(100, *range(9))
    world.worker.reconcile(ROUTE)
    before = world.documents.requests
    (sync,) = body_of(api.index(request()))["value"]
    assert world.documents.requests - before == 1
    added = sync["changes"]["added"]
    assert (added["count"], added["first"]) == (9, [f"airflow/dags/dag_{n}.py" for n in range(3)])
    assert "calls" not in sync
    assert body_of(api.record(request(id=sync["syncId"])))["calls"]


def test_history_is_filtered_by_time(api: SyncsApi, world: World) -> None:
    for n in range(5):
        world.at(100 + 100 * n, 0, 50 + 100 * n, content=f"v{n}")
        world.worker.reconcile(ROUTE)
    between = {"since": "2026-01-01T12:03:20Z", "until": "2026-01-01T13:06:40+01:00"}
    times = [sync["startedAt"] for sync in body_of(api.index(request(between)))["value"]]
    assert times == ["2026-01-01T12:05:00Z", "2026-01-01T12:03:20Z"]
    assert len(body_of(api.index(request({"since": "2026-01-01"})))["value"]) == 5


@pytest.mark.parametrize(
    "params", [{"since": "yesterday"}, {"until": ""}, {"outcome": "good"}, {"limits": "5"}, {"outcome": ""}]
)
def test_a_history_query_that_makes_no_sense_is_refused(api: SyncsApi, params: dict[str, str]) -> None:
    response = api.index(request(params))
    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


def test_a_dry_run_shows_the_diff_and_the_exact_request_and_does_nothing(api: SyncsApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1, 150, content="v2")
    before = dict(world.documents.stored)
    plan = body_of(api.sync(request({"dryRun": "true"})))
    assert (plan["wouldSend"], plan["decision"], plan["reason"]) == (True, "Sync", "Changed")
    assert plan["changes"]["added"] == {"count": 1, "first": ["airflow/dags/dag_2.py"]}
    assert plan["changes"]["changed"]["count"] == 2
    assert (plan["revision"], plan["files"]) == (world.folder.revision, 3)
    assert plan["request"] == {
        "method": "POST",
        "path": f"{ROUTE.adf[0].factory}/airflow/sync?api-version=2018-06-01",
        "body": ROUTE.adf[1].wire(),
    }
    assert world.documents.stored == before
    assert (len(world.synced), world.queue.sent) == (1, [])


def test_a_dry_run_of_an_unchanged_folder_says_what_force_would_do(api: SyncsApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    plan = body_of(api.sync(request({"dryRun": "true"})))
    assert (plan["wouldSend"], plan["decision"], plan["reason"]) == (False, "Skip", "Unchanged")
    plan = body_of(api.sync(request({"dryRun": "true", "force": "true"})))
    assert (plan["wouldSend"], plan["decision"], plan["reason"]) == (True, "Sync", "Forced")


def test_a_dry_run_checks_the_changed_files() -> None:
    world = World(contents={"airflow/dags/dag_0.py": b"from airflow import DAG\ndag = (\n"}, checks="block")
    plan = body_of(syncs_api(world).sync(request({"dryRun": "true"})))
    assert (plan["decision"], plan["reason"]) == ("Hold", "ChecksFailed")
    assert [finding["file"] for finding in plan["findings"]] == ["dags/dag_0.py"]
    assert body_of(syncs_api(world).sync(request({"dryRun": "true", "force": "true"})))["decision"] == "Sync"


def waiting(world: World, *, places: int = 1) -> tuple[Waiting, list[float]]:
    """Return waiting whose sleep lets the world's worker do its work in the third second."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.clock.seconds += seconds
        if len(slept) == 3:
            world.worker.reconcile(ROUTE)

    return Waiting(BoundedSemaphore(places), world.clock.monotonic, sleep), slept


def test_a_caller_can_wait_for_the_end_of_a_sync(world: World) -> None:
    patient, slept = waiting(world)
    api = syncs_api(world, patient)
    sync_id = body_of(api.sync(request()))["syncId"]
    response = api.record(request({"wait": "30"}, id=sync_id))
    assert (response.status_code, body_of(response)["outcome"]) == (200, "accepted")
    assert slept == [1.0, 1.0, 1.0]


def test_a_wait_that_is_too_short_answers_with_what_there_is(world: World) -> None:
    patient, slept = waiting(world)
    world.answer = Accepted(202, "request-1", "handle-1", 15)
    api = syncs_api(world, patient)
    sync_id = body_of(api.sync(request()))["syncId"]
    assert api.record(request({"wait": "2"}, id=sync_id)).status_code == 404
    response = api.record(request({"wait": "4"}, id=sync_id))
    assert (body_of(response)["outcome"], response.headers["Retry-After"]) == ("running", "2")
    assert sum(slept) == 6


def test_a_wait_beyond_the_free_places_answers_at_once(world: World) -> None:
    patient, slept = waiting(world)
    api = syncs_api(world, patient)
    sync_id = body_of(api.sync(request()))["syncId"]
    with patient.places:
        response = api.record(request({"wait": "50"}, id=sync_id))
    assert (response.status_code, response.headers["Retry-After"], slept) == (404, "2", [])
    assert api.record(request({"wait": "50"}, id=sync_id)).status_code == 200


@pytest.mark.parametrize("seconds", ["51", "-1", "1.5", "long", "", "1" * 5000])
def test_a_wait_that_makes_no_sense_is_refused(api: SyncsApi, seconds: str) -> None:
    assert api.record(request({"wait": seconds}, id="x")).status_code == 400
