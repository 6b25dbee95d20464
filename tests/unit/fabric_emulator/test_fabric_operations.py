"""Long-running operations, the environment's states, and definitions that cannot be used."""

import pytest
from pydantic import JsonValue

from local.arm.exchange import Answer
from local.fabric.state import JOB, WORKSPACE
from tests.unit.fabric_emulator.conftest import ORIGIN, World, members, refusal

JOBS = f"/workspaces/{WORKSPACE}/apacheAirflowJobs"


def follow(world: World, answer: Answer) -> Answer:
    """Ask what the answer's `Location` names."""
    return world.ask("GET", answer.headers["Location"].removeprefix(f"{ORIGIN}/v1"), query="")


def test_an_operation_names_itself_until_it_is_over(world: World) -> None:
    begun = world.job("POST", "/environment/stop")
    assert (begun.status, begun.headers["Retry-After"]) == (202, "1")
    assert begun.headers["Location"].endswith(begun.headers["x-ms-operation-id"])
    running = follow(world, begun)
    assert (members(running)["status"], running.headers["Location"]) == ("Running", begun.headers["Location"])
    world.advance(10)
    over = follow(world, begun)
    assert members(over)["status"] == "Succeeded"
    assert "Location" not in over.headers


def test_an_operation_with_a_result_names_it(world: World) -> None:
    begun = world.ask("POST", JOBS, {"displayName": "orders"})
    over = follow(world, begun)
    assert over.headers["Location"] == f"{begun.headers['Location']}/result"
    assert members(follow(world, over))["displayName"] == "orders"


def test_a_result_that_is_not_there_is_refused(world: World) -> None:
    begun = world.job("POST", "/environment/stop")
    path = f"{begun.headers['Location'].removeprefix(ORIGIN + '/v1')}/result"
    assert refusal(world.ask("GET", path)) == (400, "OperationHasNoResult")
    world.advance(10)
    assert refusal(world.ask("GET", path)) == (400, "OperationHasNoResult")
    assert refusal(world.ask("GET", "/operations/none")) == (404, "OperationNotFound")


def test_where_nothing_runs_long_the_result_comes_at_once(world: World) -> None:
    world.set(fabric_long_running=False)
    made = world.ask("POST", JOBS, {"displayName": "orders"})
    assert (made.status, members(made)["displayName"]) == (201, "orders")
    assert refusal(world.job("POST", "/environment/deployRequirements", b"a==")) == (400, "InvalidRequest")


def test_an_environment_goes_through_its_states(world: World) -> None:
    world.set(provisioning_seconds=1)

    def state() -> JsonValue:
        return members(world.job("GET", "/environment"))["status"]

    world.job("POST", "/environment/stop")
    assert state() == "Stopping"
    world.advance(1)
    assert state() == "Stopped"
    world.job("POST", "/environment/start")
    assert state() == "Starting"
    world.advance(1)
    assert state() == "Started"
    world.job("POST", "/environment/start")
    assert state() == "Started"


def test_libraries_are_there_when_their_installation_is_over(world: World) -> None:
    world.set(provisioning_seconds=5)
    world.job("POST", "/environment/deployRequirements", b"# ours\npandas==2.2.3  # pinned\n\n")
    assert members(world.job("GET", "/environment/libraries"))["value"] == []
    world.advance(5)
    assert members(world.job("GET", "/environment/libraries"))["value"] == [
        {"name": "pandas", "libraryType": "Public", "source": "PyPI", "version": "2.2.3"}
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "InvalidRequest")),
        ({"displayName": ""}, (400, "InvalidRequest")),
        ({"displayName": "example-job"}, (409, "ItemDisplayNameAlreadyInUse")),
        ({"displayName": "a", "description": "x" * 257}, (400, "InvalidRequest")),
        ({"displayName": "a", "type": "Notebook"}, (400, "InvalidItemType")),
        ({"displayName": "a", "definition": {}}, (400, "CorruptedPayload")),
    ],
)
def test_a_job_that_cannot_be_made_is_refused(world: World, body: JsonValue, expected: tuple[int, str]) -> None:
    assert refusal(world.ask("POST", JOBS, body)) == expected
    assert list(world.fabric.jobs) == [JOB]


@pytest.mark.parametrize(
    "part",
    [
        {"path": "ApacheAirflowJob.json", "payload": "e30=", "payloadType": "InlineBase64"},
        {"path": "ApacheAirflowJobV1.json", "payload": "e30=", "payloadType": "InlineBase64"},
        {"path": "apacheairflowjob-content.json", "payload": "W10=", "payloadType": "InlineBase64"},
        {"path": "apacheairflowjob-content.json", "payload": "eA==", "payloadType": "InlineBase64"},
        {"path": "dags/a.py", "payload": "not base64", "payloadType": "InlineBase64"},
        {"path": "dags/a.py", "payload": "eA==", "payloadType": "Link"},
        {"path": "dags/a.py"},
    ],
)
def test_a_definition_that_cannot_be_used_changes_nothing(world: World, part: JsonValue) -> None:
    world.put("dags/kept.py")
    body: JsonValue = {"definition": {"parts": [part]}}
    assert refusal(world.job("POST", "/updateDefinition", body)) == (400, "CorruptedPayload")
    assert world.listed("dags") == ["dags/kept.py"]


@pytest.mark.parametrize(("fewest", "status"), [(5, 201), (4, 400), (1, 400)])
def test_a_pool_has_at_least_five_nodes(world: World, fewest: int, status: int) -> None:
    """The specification's minimum; older pages show 1 and 3."""
    world.set(fabric_role="Admin")
    pool: JsonValue = {
        "name": "large",
        "nodeSize": "Large",
        "computeScalability": {"minNodeCount": fewest, "maxNodeCount": 9},
        "apacheAirflowJobVersion": "1.0.0",
    }
    assert world.ask("POST", f"{JOBS}/poolTemplates", pool).status == status


@pytest.mark.parametrize(
    "body",
    [
        {"environmentVariables": {"A": "1"}},
        {"airflowConfigurationOverrides": [{"name": "A"}]},
        {"triggerers": True},
    ],
)
def test_settings_of_another_shape_are_refused(world: World, body: JsonValue) -> None:
    assert refusal(world.job("POST", "/environment/updateSettings", body)) == (400, "InvalidRequest")
