from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from shared.api.routes.routes import RoutesApi
from shared.errors import ServiceRefusal, ServiceUnavailable, StateConflict
from shared.folder.manifest import Ignored, IgnoredFile
from shared.route import Route
from shared.targets.port import Accepted
from tests.unit.http import body_of, request, routes_api
from tests.unit.world import ROUTE, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def api(world: World) -> RoutesApi:
    return routes_api(world)


def condition(shown: dict[str, Any], kind: str) -> tuple[str, str]:
    found = next(one for one in shown["conditions"] if one["type"] == kind)
    return found["status"], found["reason"]


def test_a_new_route_has_never_been_synced(api: RoutesApi) -> None:
    first, second = body_of(api.index(request()))["value"]
    assert (first["name"], second["name"]) == ("default", "other")
    assert condition(first, "Ready") == ("Unknown", "NeverSynced")
    assert condition(first, "Reconciling") == ("False", "Idle")
    assert condition(first, "Stalled") == ("False", "NoActionNeeded")


def test_a_synced_route_is_ready(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Ready") == ("True", "Synced")
    assert shown["synced"]["revision"] == world.folder.revision


def test_a_refused_route_is_stalled_in_arms_words(api: RoutesApi, world: World) -> None:
    world.answer = ServiceRefusal("no such linked service", code="BadRequest", status=400, request_id="r")
    world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Ready") == ("False", "BadRequest")
    assert condition(shown, "Stalled") == ("True", "BadRequest")
    assert (shown["failure"]["message"], shown["failure"]["requestId"]) == ("no such linked service", "r")


def test_a_noticed_change_shows_since_when_it_is_pending(api: RoutesApi, world: World) -> None:
    world.wake_ups.notice(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Reconciling") == ("True", "WakeUpArmed")
    reconciling = next(one for one in shown["conditions"] if one["type"] == "Reconciling")
    assert shown["pendingSince"] == reconciling["since"] == "2026-01-01T12:01:40Z"


def test_removed_files_are_listed_until_they_are_acknowledged(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    for seconds in (200, 206):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert [file["name"] for file in shown["removedFiles"]] == ["airflow/dags/dag_1.py"]
    api.acknowledge_removed(request())
    assert body_of(api.show(request()))["removedFiles"] == []


def test_a_route_is_suspended_and_resumed(api: RoutesApi) -> None:
    assert condition(body_of(api.suspend(request())), "Reconciling") == ("False", "Suspended")
    assert condition(body_of(api.resume(request())), "Reconciling") == ("False", "Idle")


def test_a_state_that_others_keep_changing_is_a_problem_that_passes(
    api: RoutesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise StateConflict("the state of route default")

    monkeypatch.setattr(api.states, "update", busy)
    response = api.suspend(request())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")


def test_a_route_or_an_action_that_does_not_exist_is_a_problem(api: RoutesApi) -> None:
    for response in (api.show(request(route="nowhere")), api.suspend(request(route="nowhere"))):
        assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_storage_that_does_not_answer_is_a_problem_that_passes(api: RoutesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_: Route) -> None:
        raise ServiceRequestError("no route to host")

    monkeypatch.setattr(api.states, "read", down)
    response = api.show(request())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


def since(shown: dict[str, Any], kind: str) -> str | None:
    moment: str | None = next(one["since"] for one in shown["conditions"] if one["type"] == kind)
    return moment


def test_a_route_shows_its_settings_and_no_connection_string(api: RoutesApi) -> None:
    settings = body_of(api.show(request()))["settings"]
    assert (settings["folder"], settings["environment"]) == ("files/airflow", "sample-2")
    assert (settings["connection"], settings["linkedService"]) == ("AzureWebJobsStorage", "AzureBlobStorage1")
    assert (settings["quietSeconds"], settings["longestWaitSeconds"]) == (5, 60)
    assert (settings["overwrite"], settings["dagChecks"], settings["sweepSchedule"]) == (True, "off", "0 */5 * * * *")


def test_one_route_is_one_read_of_storage_and_two_where_files_were_removed(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    before = world.documents.requests
    api.show(request())
    assert world.documents.requests - before == 1
    for seconds in (200, 206):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    before = world.documents.requests
    api.show(request())
    assert world.documents.requests - before == 2


def test_a_running_sync_is_shown_without_its_handle(api: RoutesApi, world: World) -> None:
    world.answer = Accepted(202, "request-1", "handle-with-arms-links", 15)
    world.worker.reconcile(ROUTE)
    response = api.show(request())
    operation = body_of(response)["operation"]
    assert operation["giveUpAt"] == "2026-01-01T12:31:40Z"
    assert b"handle-with-arms-links" not in response.get_body()


def test_a_request_that_is_open_is_shown_with_the_place_of_its_record(api: RoutesApi, world: World) -> None:
    sync_id = world.commands.request_sync(ROUTE, force=True)
    requested = body_of(api.show(request()))["requested"]
    assert (requested["syncId"], requested["force"]) == (sync_id, True)
    assert requested["url"] == f"/api/routes/default/syncs/{sync_id}"


def test_a_failing_route_says_since_when_it_fails(api: RoutesApi, world: World) -> None:
    world.answer = ServiceUnavailable("busy", code="ServerBusy")
    world.worker.reconcile(ROUTE)
    world.at(900, 0, 1)
    world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert shown["failuresInARow"] == 2
    assert since(shown, "Ready") == shown["pendingSince"] == "2026-01-01T12:01:40Z"
    assert shown["failure"]["at"] == "2026-01-01T12:15:00Z"


def test_an_open_outcome_and_an_idle_route_say_since_when(api: RoutesApi, world: World) -> None:
    world.during_sync = lambda: world.at(100, 0, 1, 100, content="v2")
    world.worker.reconcile(ROUTE)
    shown = body_of(api.show(request()))
    assert condition(shown, "Ready") == ("Unknown", "OutcomeOpen")
    assert since(shown, "Ready") == "2026-01-01T12:01:40Z"
    world.during_sync = lambda: None
    world.at(200, 0, 1, 100, content="v2")
    world.worker.reconcile(ROUTE)
    assert since(body_of(api.show(request())), "Reconciling") == "2026-01-01T12:03:20Z"


FILE = "airflow/dags/dag_0.py"


def status(api: RoutesApi, path: str = FILE) -> dict[str, Any]:
    return body_of(api.file(request(path=path)))


@pytest.mark.parametrize("path", [FILE, "dags/dag_0.py", "airflow%2Fdags%2fdag_0.py"])
def test_a_file_that_is_in_names_the_sync_that_brought_it(api: RoutesApi, world: World, path: str) -> None:
    world.worker.reconcile(ROUTE)
    first = world.history()[0].sync_id
    world.at(200, 0, 1, 150)
    world.worker.reconcile(ROUTE)
    found = status(api, path)
    assert (found["path"], found["state"], found["since"]) == (FILE, "synced", "2026-01-01T12:01:40Z")
    assert found["sync"] == {"syncId": first, "url": f"/api/routes/default/syncs/{first}"}
    assert status(api, "dags/dag_2.py")["sync"]["syncId"] == world.history()[0].sync_id


def test_a_file_whose_name_holds_an_encoded_slash_is_not_taken_for_another_one(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    first = world.folder.files[0]
    both = (replace(first, name=f"airflow/dags/{path}") for path in ("a%2Fb.py", "a/b.py"))
    world.folder = replace(world.folder, files=tuple(both))
    assert status(api, "dags/a%2Fb.py")["path"] == "airflow/dags/a%2Fb.py"
    assert status(api, "dags%2Fa/b.py")["path"] == "airflow/dags/a/b.py"


def test_a_version_that_is_not_in_waits_since_it_was_written(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 199, content="v2")
    found = status(api)
    assert (found["state"], found["since"], found["sync"]) == ("pending", "2026-01-01T12:03:19Z", None)


def test_a_version_that_adf_works_on_names_the_sync(api: RoutesApi, world: World) -> None:
    world.answer = Accepted(202, "request-1", "handle-1", 15)
    world.worker.reconcile(ROUTE)
    found = status(api)
    assert (found["state"], found["sync"]["syncId"]) == ("syncing", world.history()[0].sync_id)
    world.at(120, 119, content="v2")
    assert status(api)["state"] == "pending"


def test_a_version_that_was_in_before_stays_in_while_adf_works_on_other_files(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.answer = Accepted(202, "request-1", "handle-1", 15)
    world.at(200, 0, 1, 150)
    world.worker.reconcile(ROUTE)
    assert (status(api)["state"], status(api, "dags/dag_2.py")["state"]) == ("synced", "syncing")


def test_a_version_whose_sync_failed_says_why(api: RoutesApi, world: World) -> None:
    world.answer = ServiceRefusal("no such linked service", code="BadRequest", status=400)
    world.worker.reconcile(ROUTE)
    found = status(api)
    assert (found["state"], found["sync"]["syncId"]) == ("failed", world.history()[0].sync_id)
    assert "BadRequest: no such linked service" in found["sentence"]


def test_a_version_that_is_held_waits_for_a_person_and_a_suspended_one_for_the_route(
    api: RoutesApi, world: World
) -> None:
    world.at(100)
    world.worker.reconcile(ROUTE)
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    world.at(300)
    world.worker.reconcile(ROUTE)
    world.at(301, 290, content="v2")
    assert status(api)["state"] == "held"
    world.commands.suspend(ROUTE)
    assert status(api)["state"] == "suspended"


def test_it_is_unknown_which_version_is_in_after_a_change_during_the_call(api: RoutesApi, world: World) -> None:
    world.during_sync = lambda: world.at(100, 0, 1, 100)
    world.worker.reconcile(ROUTE)
    assert status(api)["state"] == "open"


def test_a_file_that_was_removed_says_since_when(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.at(200, 0)
    assert status(api, "dags/dag_1.py")["state"] == "removed"
    for seconds in (200, 206):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    found = status(api, "dags/dag_1.py")
    assert (found["state"], found["since"]) == ("removed", "2026-01-01T12:03:26Z")


def test_a_file_whose_sync_is_not_known_is_in(api: RoutesApi, world: World) -> None:
    world.worker.reconcile(ROUTE)
    world.baselines.update(ROUTE, lambda baseline: baseline.model_copy(update={"syncs": {}}))
    found = status(api)
    assert (found["state"], found["since"], found["sync"]) == ("synced", None, None)


@pytest.mark.parametrize("path", ["dags/.a.py.swp~", "airflow/readme.md", "elsewhere/dags/a.py"])
def test_a_path_that_is_not_imported_says_so(api: RoutesApi, path: str) -> None:
    assert (status(api, path)["path"], status(api, path)["state"]) == (path, "notImported")


def test_a_file_that_exists_nowhere_is_not_found(api: RoutesApi) -> None:
    assert api.file(request(path="dags/nothing.py")).status_code == 404


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "an empty part"),
        ("dags/", "an empty part"),
        ("airflow/dags//a.py", "an empty part"),
        ("/dags/a.py", "an empty part"),
        ("dags/../dags/a.py", "a part that is . or .."),
        ("dags/%2e./a.py/..", "a part that is . or .."),
        ("dags\\a.py", "a backslash"),
        ("airflow/readme.md", "not below dags/ or plugins/"),
        ("dags/a.py~", "left it behind"),
    ],
)
def test_a_file_that_is_not_imported_says_why_without_a_look_into_storage(
    api: RoutesApi, world: World, path: str, why: str
) -> None:
    before = world.documents.requests
    assert why in status(api, path)["sentence"]
    assert world.documents.requests == before


def test_the_requests_for_documents_are_those_of_docs_routes_md(api: RoutesApi, world: World) -> None:
    """A file takes one more, for the file itself."""

    def taken(ask: Callable[[], object]) -> int:
        before = world.documents.requests
        ask()
        return world.documents.requests - before

    world.worker.reconcile(ROUTE)
    assert taken(lambda: api.index(request())) == 1
    assert taken(lambda: api.show(request())) == 1
    assert taken(lambda: status(api, "dags/dag_0.py")) == 2
    for seconds in (200, 206):
        world.at(seconds, 0)
        world.worker.reconcile(ROUTE)
    assert taken(lambda: api.show(request())) == 2
    world.answer = Accepted(202, "request-2", "handle-1")
    world.at(300, 290, content="v2")
    world.worker.reconcile(ROUTE)
    assert taken(lambda: status(api, "dags/dag_0.py")) == 3


def test_a_route_counts_the_files_that_are_not_imported_and_names_the_first(api: RoutesApi, world: World) -> None:
    ignored = Ignored(2, (IgnoredFile("airflow/dags//x.py", "its path has an empty part"),))
    world.folder = replace(world.folder, ignored=ignored)
    world.worker.reconcile(ROUTE)
    assert body_of(api.show(request()))["ignored"] == {
        "count": 2,
        "first": [{"name": "airflow/dags//x.py", "reason": "its path has an empty part"}],
    }
    world.at(200, 0, 1)
    world.worker.reconcile(ROUTE)
    assert body_of(api.show(request()))["ignored"] == {"count": 0, "first": []}


def test_a_look_can_be_requested_and_the_route_tells_when_the_last_one_began(api: RoutesApi, world: World) -> None:
    asked = body_of(api.look(request()))
    assert (condition(asked, "Reconciling"), asked["lookedAt"]) == (("True", "WakeUpArmed"), None)
    world.worker.reconcile(ROUTE)
    assert body_of(api.show(request()))["lookedAt"] == "2026-01-01T12:01:40Z"
