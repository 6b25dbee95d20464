"""Microsoft's generated client runs every operation of an Apache Airflow job against the emulator."""

import base64
import json
from collections.abc import Callable
from hashlib import md5
from io import BytesIO
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from microsoft_fabric_api.generated.apacheairflowjob import models

from tests.integration.fabric_emulator.conftest import JOB, WORKSPACE, Held, Settings
from tests.waiting import until

HERE = (WORKSPACE, JOB)
BINARY = bytes(range(256))
Put = Callable[[str, bytes], None]

pytestmark = pytest.mark.usefixtures("emulator")


@pytest.fixture
def put(client: Any) -> Put:  # noqa: ANN401 - the client has no types
    return lambda path, content: client.files.create_or_update_apache_airflow_job_file_beta(
        *HERE, path, BytesIO(content)
    )


def read(client: Any, path: str) -> bytes:  # noqa: ANN401
    return b"".join(client.files.get_apache_airflow_job_file_beta(*HERE, path))


def listed(client: Any, root: str | None) -> dict[str, int]:  # noqa: ANN401
    files = client.files.list_apache_airflow_job_files_beta(*HERE, root_path=root)
    return {file.file_path: file.size_in_bytes for file in files}


def result(extractor: Any) -> Any:  # noqa: ANN401
    return until(lambda: extractor.result, "the operation's result")


@pytest.mark.parametrize("path", ["dags/a.py", "dags/deep/er/n w.py", "plugins/libs/ü%23#.whl"])
@pytest.mark.parametrize("content", [b"print('\xc3\xbc')\n", b""])
def test_it_writes_reads_and_deletes_text(client: Any, put: Put, held: Held, path: str, content: bytes) -> None:  # noqa: ANN401
    put(path, content)
    assert read(client, path) == content
    assert held() == {path: (len(content), md5(content, usedforsecurity=False).hexdigest())}
    client.files.delete_apache_airflow_job_file_beta(*HERE, path)
    assert held() == {}


def test_binary_files_keep_every_byte(client: Any, put: Put) -> None:  # noqa: ANN401
    put("plugins/libs/own.whl", BINARY)
    assert read(client, "plugins/libs/own.whl") == BINARY


def test_it_lists_one_folder_page_by_page(client: Any, put: Put, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_page_size=2)
    for number in range(5):
        put(f"dags/team a/{number}.py", b"x" * number)
    put("dags/team a/deeper/6.py", b"")
    assert listed(client, "dags/team a") == {f"dags/team a/{number}.py": number for number in range(5)}
    assert listed(client, "dags/") == listed(client, None) == {}


def test_what_is_missing_is_not_found(client: Any) -> None:  # noqa: ANN401
    with pytest.raises(ResourceNotFoundError):
        client.files.delete_apache_airflow_job_file_beta(*HERE, "dags/no.py")
    with pytest.raises(ResourceNotFoundError):
        read(client, "dags/no.py")
    with pytest.raises(ResourceNotFoundError):
        listed(client, "dags/no")
    with pytest.raises(ResourceNotFoundError):
        client.items.get_apache_airflow_job(WORKSPACE, WORKSPACE)


def test_a_folder_that_is_not_empty_stays(client: Any, put: Put) -> None:  # noqa: ANN401
    put("dags/a/b.py", b"")
    with pytest.raises(ResourceExistsError):
        client.files.delete_apache_airflow_job_file_beta(*HERE, "dags/a")


def test_a_throttled_call_says_when_to_try_again(client: Any, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_quota=1)

    def refusal() -> Any:  # noqa: ANN401 - the exception knows no types of its parts
        try:
            client.items.get_apache_airflow_job(*HERE)
        except HttpResponseError as error:
            return error
        return None

    refused = until(refusal, "a refusal")
    assert (refused.status_code, refused.model.error_code) == (429, "RequestBlocked")
    assert 0 < int(refused.response.headers["Retry-After"]) <= 60


def test_it_stops_and_starts_the_environment(client: Any) -> None:  # noqa: ANN401
    client.environment.begin_stop_apache_airflow_job_environment_beta(*HERE).result()
    assert client.environment.get_apache_airflow_job_environment_beta(*HERE).status == "Stopped"
    client.environment.begin_start_apache_airflow_job_environment_beta(*HERE).result()
    assert client.environment.get_apache_airflow_job_environment_beta(*HERE).status == "Started"


def test_it_replaces_settings_list_by_list(client: Any, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_long_running=False)
    change = client.settings.begin_update_apache_airflow_job_settings_beta
    pairs = [models.NameValuePair(name="A", value="1"), models.NameValuePair(name="B", value="2")]
    change(*HERE, models.AirflowEnvironmentSettingsRequest(environment_variables=pairs, triggerers="Enabled")).result()
    change(*HERE, models.AirflowEnvironmentSettingsRequest(environment_variables=pairs[1:])).result()
    shown = client.settings.get_apache_airflow_job_settings_beta(*HERE)
    assert [(pair.name, pair.value) for pair in shown.environment_variables] == [("B", "2")]
    assert (shown.airflow_configuration_overrides, shown.triggerers) == ([], "Enabled")


def test_it_makes_a_pool_and_moves_the_environment_there(client: Any, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_role="Admin", fabric_page_size=1)
    pools = client.pool_management
    made = pools.create_airflow_pool_template_beta(WORKSPACE, _pool(fewest=5, most=8))
    client.compute.begin_update_apache_airflow_job_compute_beta(
        *HERE, models.AirflowEnvironmentComputeRequest(pool_template_id=made.id)
    ).result()
    compute = client.compute.get_apache_airflow_job_compute_beta(*HERE)
    assert (compute.pool_template_name, compute.node_size, compute.compute_scalability.max_node_count) == (
        "big",
        "Large",
        8,
    )
    assert [pool.name for pool in pools.list_airflow_pool_templates_beta(WORKSPACE)] == ["StarterPool", "big"]
    with pytest.raises(ResourceExistsError):
        pools.delete_airflow_pool_template_beta(WORKSPACE, made.id)
    spare = pools.create_airflow_pool_template_beta(WORKSPACE, _pool(fewest=5, most=5))
    assert pools.get_airflow_pool_template_beta(WORKSPACE, spare.id).shutdown_policy == "AlwaysOn"
    pools.delete_airflow_pool_template_beta(WORKSPACE, spare.id)
    with pytest.raises(ResourceNotFoundError):
        pools.get_airflow_pool_template_beta(WORKSPACE, spare.id)


def test_a_pool_of_fewer_than_five_nodes_is_refused(client: Any, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_role="Admin")
    with pytest.raises(HttpResponseError, match="greater than or equal to 5"):
        client.pool_management.create_airflow_pool_template_beta(WORKSPACE, _pool(fewest=1, most=5))


def _pool(*, fewest: int, most: int) -> models.CreateAirflowPoolTemplateRequest:
    return models.CreateAirflowPoolTemplateRequest(
        name="big",
        node_size="Large",
        compute_scalability=models.ComputeScalability(min_node_count=fewest, max_node_count=most),
        apache_airflow_job_version="1.0.0",
    )


def test_it_chooses_the_workspaces_default_pool(client: Any, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_role="Admin")
    made = client.pool_management.create_airflow_pool_template_beta(WORKSPACE, _pool(fewest=5, most=5))
    workspace = client.workspace_settings
    request = models.UpdateAirflowWorkspaceSettingsRequest(default_pool_template_id=made.id)
    assert workspace.update_airflow_workspace_settings_beta(WORKSPACE, request).default_pool_template_id == made.id
    assert workspace.get_airflow_workspace_settings_beta(WORKSPACE).default_pool_template_id == made.id


@pytest.mark.parametrize("by_file", [True, False])
def test_requirements_are_installed_in_the_background(client: Any, put: Put, by_file: bool) -> None:  # noqa: ANN401, FBT001
    text = b"pandas==2.2.3\n/opt/airflow/plugins/libs/own.whl\n"
    put("dags/requirements.txt", text)
    given = {"file_path": "dags/requirements.txt"} if by_file else {"requirements_content_request": text.decode()}
    client.requirements.begin_deploy_apache_airflow_job_requirements_beta(*HERE, **given).result()
    libraries = client.requirements.list_apache_airflow_job_libraries_beta(*HERE)
    assert [(library.name, library.version, library.source) for library in libraries] == [
        ("pandas", "2.2.3", "PyPI"),
        ("own.whl", "", "Internal"),
    ]


def test_requirements_that_cannot_be_installed_fail_as_an_operation(client: Any) -> None:  # noqa: ANN401
    poller = client.requirements.begin_deploy_apache_airflow_job_requirements_beta(*HERE, "pandas==\n")
    with pytest.raises(HttpResponseError):
        poller.result()


def test_requirements_need_a_started_environment(client: Any, settings: Settings) -> None:  # noqa: ANN401
    settings(fabric_status="Stopped")
    with pytest.raises(ResourceExistsError):
        client.requirements.begin_deploy_apache_airflow_job_requirements_beta(*HERE, "pandas")


def test_a_job_is_made_renamed_listed_and_deleted(client: Any) -> None:  # noqa: ANN401
    items = client.items
    made = result(
        items.begin_create_apache_airflow_job(WORKSPACE, models.CreateApacheAirflowJobRequest(display_name="orders"))
    )
    items.update_apache_airflow_job(
        WORKSPACE, made.id, models.UpdateApacheAirflowJobRequest(display_name="orders-2", description="Daily")
    )
    found = items.get_apache_airflow_job(WORKSPACE, made.id)
    assert (found.display_name, found.description, found.type) == ("orders-2", "Daily", "ApacheAirflowJob")
    assert [job.display_name for job in items.list_apache_airflow_jobs(WORKSPACE)] == ["example-job", "orders-2"]
    items.delete_apache_airflow_job(WORKSPACE, made.id)
    assert [job.display_name for job in items.list_apache_airflow_jobs(WORKSPACE)] == ["example-job"]


def test_a_definition_carries_content_and_files_both_ways(client: Any, put: Put, held: Held) -> None:  # noqa: ANN401
    put("dags/old.py", b"old")
    content = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"enableTriggerers": True}}}}
    given = {"apacheairflowjob-content.json": json.dumps(content).encode(), "dags/new.py": b"new", ".platform": b"{}"}
    parts = [
        models.ApacheAirflowJobDefinitionPart(
            path=path, payload=base64.b64encode(part).decode(), payload_type="InlineBase64"
        )
        for path, part in given.items()
    ]
    request = models.UpdateApacheAirflowJobDefinitionRequest(definition=models.ApacheAirflowJobDefinition(parts=parts))
    client.items.begin_update_apache_airflow_job_definition(*HERE, request).result()
    assert list(held()) == ["dags/new.py"]
    assert client.settings.get_apache_airflow_job_settings_beta(*HERE).triggerers == "Enabled"
    shown = result(client.items.begin_get_apache_airflow_job_definition(*HERE)).definition
    found = {part.path: base64.b64decode(part.payload) for part in shown.parts}
    assert (json.loads(found["apacheairflowjob-content.json"]), found["dags/new.py"]) == (content, b"new")
    assert json.loads(found[".platform"])["metadata"]["displayName"] == "example-job"
