"""What Fabric decides before an operation: token, quota, path, beta flag, role; and the shape of a refusal."""

import pytest

from local.fabric.state import JOB, WORKSPACE
from tests.unit.fabric_emulator.conftest import World, members, refusal

WORKSPACES = "/workspaces"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "Unauthorized"),
        ({"authorization": "Basic eA=="}, "Unauthorized"),
        ({"authorization": "Bearer nonsense"}, "Unauthorized"),
        (World().bearer(audience="https://management.azure.com"), "Unauthorized"),
        (World().bearer(lasts=0), "TokenExpired"),
    ],
)
def test_a_token_that_fabric_does_not_take_is_refused(world: World, headers: dict[str, str], code: str) -> None:
    answer = world.ask("GET", WORKSPACES, headers=headers)
    assert refusal(answer) == (401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("audience", ["https://api.fabric.microsoft.com/", "https://analysis.windows.net/powerbi/api"])
def test_fabrics_two_audiences_are_taken(world: World, audience: str) -> None:
    assert world.ask("GET", WORKSPACES, headers=world.bearer(audience=audience)).status == 200


def test_a_refusal_is_flat_and_carries_its_request_id(world: World) -> None:
    answer = world.ask("GET", "/workspaces/none")
    body = members(answer)
    assert body.keys() == {"errorCode", "message", "requestId", "isRetriable"}
    assert answer.headers["RequestId"] == body["requestId"]


def test_the_quota_is_of_one_identity_and_refills_at_once(world: World) -> None:
    world.set(fabric_quota=3)
    world.advance(10)
    answers = [world.ask("GET", WORKSPACES) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (answers[3].headers["Retry-After"], members(answers[3])["isRetriable"]) == ("50", True)
    assert world.ask("GET", WORKSPACES, headers=world.bearer(client="another")).status == 200
    world.advance(50)
    assert [world.ask("GET", WORKSPACES).status for _ in range(4)] == [200, 200, 200, 429]


def test_operations_have_a_quota_of_their_own(world: World) -> None:
    world.set(fabric_quota=1)
    assert [world.ask("GET", WORKSPACES).status for _ in range(2)] == [200, 429]
    assert [world.ask("GET", "/operations/none").status for _ in range(2)] == [404, 429]


def test_without_a_quota_nothing_is_refused(world: World) -> None:
    world.set(fabric_quota=0)
    assert {world.ask("GET", WORKSPACES).status for _ in range(500)} == {200}


@pytest.mark.parametrize("query", ["", "beta=false", "preview=true"])
def test_the_beta_flag_is_required(world: World, query: str) -> None:
    assert refusal(world.job("GET", "/files", query=query)) == (400, "InvalidRequest")
    assert world.job("GET", query=query).status == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/workspaces/{JOB}", "WorkspaceNotFound"),
        (f"/workspaces/{WORKSPACE}/apacheAirflowJobs/{WORKSPACE}", "ItemNotFound"),
        (f"/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}/settings", "EndpointNotFound"),
        (f"/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}/compute", "EndpointNotFound"),
        (f"/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}/requirements/libraries", "EndpointNotFound"),
        (f"/workspaces/{WORKSPACE}/notebooks", "EndpointNotFound"),
    ],
)
def test_a_path_that_leads_nowhere_is_not_found(world: World, path: str, code: str) -> None:
    assert refusal(world.ask("GET", path)) == (404, code)


@pytest.mark.parametrize("path", ["/startEnvironment", "/stopEnvironment", "/requirements/deploy"])
def test_a_path_of_older_pages_is_not_found(world: World, path: str) -> None:
    assert refusal(world.job("POST", path, {})) == (404, "EndpointNotFound")


def test_the_words_and_ids_of_a_path_compare_without_regard_to_case(world: World) -> None:
    assert world.ask("GET", f"/Workspaces/{WORKSPACE}/apacheairflowjobs/{JOB.upper()}").status == 200


@pytest.mark.parametrize(
    ("role", "read", "write", "pool"),
    [("Viewer", 200, 403, 403), ("Contributor", 200, 200, 403), ("Admin", 200, 200, 400)],
)
def test_each_call_needs_its_role(world: World, role: str, read: int, write: int, pool: int) -> None:
    world.set(fabric_role=role)
    assert world.job("GET", "/environment").status == read
    assert world.put("dags/a.py").status == write
    assert world.ask("POST", f"/workspaces/{WORKSPACE}/apacheAirflowJobs/poolTemplates", {}).status == pool


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_object_is_refused(world: World, body: bytes) -> None:
    assert refusal(world.job("POST", "/environment/updateSettings", body)) == (400, "InvalidRequest")


def test_a_fault_of_the_emulator_is_a_500_in_fabrics_form(world: World) -> None:
    world.fabric.jobs[JOB] = object()  # type: ignore[assignment]
    assert refusal(world.job("GET")) == (500, "InternalServerError")
