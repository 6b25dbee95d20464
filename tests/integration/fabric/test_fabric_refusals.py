"""What Fabric may answer instead: refusals, outages, environments in other states; and what the relay says of them."""

from typing import Any

import pytest
import requests

from shared.sync.state import Failure
from tests.integration.fabric.conftest import World, make_route

CAUSES = "the tenant does not let service principals call Fabric APIs"


def refusal(code: str, message: str = "No.", **more: object) -> dict[str, Any]:
    return {"errorCode": code, "message": message, "requestId": "r-1", **more}


def failed(world: World) -> Failure:
    world.write("dags/a.py")
    world.look(after=100)
    failure = world.state.failure
    assert failure
    return failure


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "Unauthorized"),
        (403, "InsufficientWorkspaceRole"),
        (401, "TokenExpired"),
        (400, "PrincipalTypeNotSupported"),
        (403, "PrincipalTypeNotSupported"),
        (404, "WorkspaceNotFound"),
        (404, "ItemNotFound"),
    ],
)
def test_a_refusal_has_fabrics_words_and_the_usual_causes(world: World, status: int, code: str) -> None:
    world.fault({"status": status, "body": refusal(code, "Not for you."), "headers": {"RequestId": "r-1"}}, times=None)
    failure = failed(world)
    assert (failure.code, failure.status, failure.request_id, failure.transient) == (code, status, "r-1", False)
    assert failure.message.startswith("Not for you; the usual causes are that ")
    assert CAUSES in failure.message


def test_a_workspace_where_the_identity_only_reads_is_refused_midway(world: World) -> None:
    world.set(fabric_role="Viewer")
    failure = failed(world)
    assert (failure.code, failure.status) == ("InsufficientWorkspaceRole", 403)
    record = world.engine.history.read(world.route.name, failure.sync_id)
    assert record
    assert (record.outcome, record.calls[-1].code, record.calls[-1].status) == (
        "failed",
        "InsufficientWorkspaceRole",
        403,
    )


def test_an_expired_token_is_replaced_once_and_the_push_goes_on(world: World) -> None:
    world.write("dags/a.py")
    world.fault({"status": 401, "body": refusal("TokenExpired")}, method="PUT")
    world.sync()
    assert list(world.held()) == ["dags/a.py"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "body": "<html>Oops</html>"},
        {"status": 503},
        {"status": 400, "body": refusal("ItemDisplayNameNotAvailableYet", isRetriable=True)},
    ],
)
def test_what_may_pass_is_tried_again(world: World, answer: dict[str, Any]) -> None:
    world.fault(answer, method="GET", path_contains="/environment")
    assert failed(world).transient
    world.sync(after=30)
    assert list(world.held()) == ["dags/a.py"]


def test_a_job_that_is_gone_is_named(emulator: str) -> None:
    world = World(emulator, make_route(job="99999999-9999-9999-9999-999999999999"))
    assert (failed(world).code, failed(world).status) == ("ItemNotFound", 404)


@pytest.mark.parametrize("state", ["Starting", "Stopping", "Upgrading"])
def test_an_environment_on_its_way_is_waited_for(world: World, state: str) -> None:
    world.set(fabric_status=state)
    failure = failed(world)
    assert (failure.code, failure.message) == ("EnvironmentNotReady", f"the environment is {state}, not Started")
    assert world.held() == {}


@pytest.mark.parametrize("state", ["Initial", "Stopped", "Failed", "Running", "SomethingNew"])
def test_an_environment_in_any_other_state_takes_files(world: World, state: str) -> None:
    world.set(fabric_status=state)
    world.write("dags/a.py")
    world.sync()
    assert list(world.held()) == ["dags/a.py"]


@pytest.mark.parametrize("state", ["Stopped", "Failed"])
def test_where_such_an_environment_takes_none_the_push_waits_for_it(world: World, state: str) -> None:
    world.set(fabric_status=state, fabric_while_stopped="conflict")
    world.write("dags/a.py")
    world.look(after=100)
    assert world.state.operation
    assert (world.state.operation.next_poll - world.clock.now()).total_seconds() == 60
    world.set(fabric_status="")
    world.sync(after=60)
    assert list(world.held()) == ["dags/a.py"]


def test_an_upgrade_in_the_middle_of_a_push_is_waited_for(emulator: str) -> None:
    world = World(emulator, at_once=1)
    for number in range(4):
        world.write(f"dags/{number}.py")

    def upgrade() -> None:
        if len(world.held()) == 2:
            world.set(fabric_status="Upgrading", fabric_while_stopped="conflict")

    world.during_read = upgrade
    world.look(after=100)
    world.during_read = lambda: None
    assert world.state.operation
    assert len(world.held()) == 2
    world.set(fabric_status="")
    world.sync(after=60)
    assert len(world.held()) == 4


def test_html_in_place_of_a_listing_is_an_empty_folder_and_ends_as_drifted(world: World) -> None:
    """A gateway's page with status 200 says nothing of any file: each is sent once more, and then refused."""
    world.write("dags/a.py")
    world.fault({"status": 200, "body": "<html>Sign in</html>"}, times=None, method="GET", path_contains="/files")
    failure = world.sync().failure
    assert failure
    assert "Drifted" in failure.message


def test_a_push_that_makes_no_progress_is_given_up(world: World) -> None:
    world.set(fabric_status="Stopped", fabric_while_stopped="conflict")
    world.write("dags/a.py")
    world.look(after=100)
    world.look(after=31 * 60)
    failure = world.state.failure
    assert failure
    assert (failure.code, failure.transient) == ("OperationTimedOut", True)


def test_a_git_synced_job_that_takes_no_files_says_so(world: World) -> None:
    """What Fabric answers then is not known; a conflict in a started environment is a file that is refused."""
    world.fault({"status": 409, "body": refusal("GitSyncEnabled", "Managed by Git.")}, times=None, method="PUT")
    world.write("dags/a.py")
    failure = world.sync().failure
    assert failure
    assert failure.message == "1 files were refused: dags/a.py: GitSyncEnabled: Managed by Git."


def test_many_refused_files_end_a_push_early(world: World) -> None:
    for number in range(110):
        world.write(f"dags/{number}.py")
    world.fault({"status": 400, "body": refusal("InvalidRequest")}, times=None, method="PUT")
    failure = world.sync().failure
    assert failure
    assert failure.message.startswith("100 files were refused: ")


@pytest.mark.parametrize(
    "name",
    [
        "n w.py",
        "ü%41#?&.py",
        "a" * 200 + ".py",
        "+=,;@.py",
        "[b].py",
        "日本/語.py",
        "a" * 990 + ".py",
        "/".join("a" * 495),
    ],
    ids=lambda name: name[:12],
)
def test_a_name_arrives_as_it_is(world: World, name: str) -> None:
    world.write(f"dags/t/{name}", b"12")
    world.sync()
    assert world.held() == {f"dags/t/{name}": 2}
    world.write("dags/b.py")
    world.delete(f"dags/t/{name}")
    world.sync()
    assert list(world.held()) == ["dags/b.py"]


def test_names_that_differ_in_case_are_different_files(world: World) -> None:
    world.write("dags/t/a.py", b"1")
    world.write("dags/T/A.py", b"22")
    world.sync()
    assert world.held() == {"dags/t/a.py": 1, "dags/T/A.py": 2}


def test_a_name_that_no_url_can_have_is_left_out(world: World) -> None:
    world.write("dags/b.py")
    world.write("dags/./a.py")
    assert world.sync().not_sent == 1
    assert list(world.held()) == ["dags/b.py"]


def test_calls_have_the_form_of_the_specification_and_not_that_of_older_pages(world: World) -> None:
    world.write("dags/a.py")
    world.sync()
    world.write("dags/b.py")
    world.delete("dags/a.py")
    world.sync()
    journal = requests.get(f"{world.emulator}/_emulator/journal", timeout=10).json()
    assert {entry["query"]["beta"] for entry in journal if "/apacheAirflowJobs/" in entry["path"]} == {"true"}
    types = {entry["headers"]["content-type"] for entry in journal if entry["method"] == "PUT"}
    assert types == {"application/octet-stream"}


# Requirements.


def test_requirements_are_only_reported_unless_the_route_deploys_them(world: World) -> None:
    world.write("dags/a.py")
    world.write("requirements.txt", b"pandas==2.2.3\n")
    state = world.sync()
    assert state.synced
    assert state.synced.revision == world.manifest().revision
    assert "POST /environment/deployRequirements" not in world.calls()
    record = world.engine.history.read(world.route.name, state.synced.sync_id)
    assert record
    [finding] = record.findings
    assert (finding.file, finding.reason) == ("requirements.txt", "RequirementsNotDeployed")


def test_requirements_are_deployed_after_the_files_and_followed(emulator: str) -> None:
    world = World(emulator, make_route(requirements="deploy"))
    world.set(provisioning_seconds=0)
    world.write("dags/a.py")
    world.write("requirements.txt", b"pandas==2.2.3\n")
    state = world.sync()
    assert state.synced
    assert state.synced.revision == world.manifest().revision
    calls = [call for call in world.calls() if call.startswith(("PUT", "POST"))]
    assert calls == ["PUT /files/dags/a.py", "POST /environment/deployRequirements"]
    assert world.libraries() == ["pandas"]
    world.write("dags/a.py", b"2")
    world.sync()
    assert world.calls().count("POST /environment/deployRequirements") == 1


def test_requirements_that_cannot_be_installed_fail_visibly(emulator: str) -> None:
    world = World(emulator, make_route(requirements="deploy"))
    world.set(provisioning_seconds=0)
    world.write("dags/a.py")
    world.write("requirements.txt", b"pandas==\n")
    failure = world.sync().failure
    assert failure
    assert failure.code == "RequirementsFailed"
    assert failure.message.startswith("InvalidRequest: The requirements cannot be installed")
    assert list(world.held()) == ["dags/a.py"]


def test_requirements_of_a_stopped_environment_wait_and_nothing_is_started(emulator: str) -> None:
    world = World(emulator, make_route(requirements="deploy"))
    world.set(fabric_status="Stopped")
    world.write("requirements.txt", b"pandas\n")
    world.write("dags/a.py")
    failure = world.sync().failure
    assert failure
    assert failure.code == "RequirementsNotDeployed"
    assert not [call for call in world.calls() if call.endswith(("/start", "/stop"))]
    world.set(fabric_status="", provisioning_seconds=0)
    world.sync(after=3600)
    assert world.libraries() == ["pandas"]


def test_a_long_deployment_is_asked_about_when_fabric_says_so(emulator: str) -> None:
    world = World(emulator, make_route(requirements="deploy"))
    world.set(provisioning_seconds=3600, retry_after=20)
    world.write("requirements.txt", b"pandas\n")
    world.look(after=100)
    assert world.state.operation
    assert (world.state.operation.next_poll - world.clock.now()).total_seconds() == 20


def test_a_daily_look_that_is_refused_stays_a_failure(world: World) -> None:
    world.write("dags/a.py")
    world.sync()
    role = {"status": 403, "body": refusal("InsufficientWorkspaceRole")}
    world.fault(role, times=None, method="GET", path_contains="/environment")
    assert world.look(after=86400).reason == "VerificationDue"
    for _ in range(3):
        assert world.look(after=300).reason == "Refused"
        assert world.state.failure
