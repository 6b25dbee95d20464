"""What a translated environment comes to is taken by Microsoft's tools as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from microsoft_fabric_api.generated.apacheairflowjob import models

from shared.fabric.environment import adf_environment_in
from shared.fabric.report import files_of
from shared.fabric.translation import translated
from tests.integration.fabric_emulator.conftest import JOB, WORKSPACE, PublishFolder, Settings

SPEC = {
    "name": "orders",
    "properties": {
        "type": "Airflow",
        "description": "Orders",
        "typeProperties": {
            "computeProperties": {"computeSize": "Large", "extraNodes": 3},
            "airflowProperties": {
                "airflowVersion": "2.6.3",
                "enableTriggerers": True,
                "airflowEnvironmentVariables": {"STAGE": "prod", "AIRFLOW__CORE__PARALLELISM": "8"},
                "airflowRequirements": ["pandas==2.2.3"],
            },
        },
    },
}


@pytest.fixture
def files() -> dict[str, str]:
    return files_of(translated(adf_environment_in(SPEC), with_values=True))


def test_fabric_cicd_publishes_the_folder_as_it_is(
    publish_folder: PublishFolder, session: requests.Session, workspace: str, files: dict[str, str], tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    publish_folder(tmp_path)
    items = session.get(f"{workspace}/items", timeout=10).json()["value"]
    [made] = [item for item in items if item["displayName"] == "orders"]
    shown = session.get(f"{workspace}/apacheAirflowJobs/{made['id']}/environment/settings", timeout=10).json()
    assert (made["description"], shown) == ("Orders", json.loads(files["settings.json"]))


def test_the_settings_pool_and_requirements_are_taken_by_the_generated_client(
    client: Any,  # noqa: ANN401 - the client has no types
    files: dict[str, str],
    settings: Settings,
) -> None:
    settings(fabric_role="Admin", fabric_long_running=False)
    deserialised = models.AirflowEnvironmentSettingsRequest.from_dict(json.loads(files["settings.json"]))
    client.settings.begin_update_apache_airflow_job_settings_beta(WORKSPACE, JOB, deserialised).result()
    shown = client.settings.get_apache_airflow_job_settings_beta(WORKSPACE, JOB)
    assert [(pair.name, pair.value) for pair in shown.environment_variables] == [("STAGE", "prod")]
    request = models.CreateAirflowPoolTemplateRequest.from_dict(json.loads(files["pool.json"]))
    pool = client.pool_management.create_airflow_pool_template_beta(WORKSPACE, request)
    assert (pool.node_size, pool.compute_scalability.max_node_count) == ("Large", 8)
    client.requirements.begin_deploy_apache_airflow_job_requirements_beta(
        WORKSPACE, JOB, files["requirements.txt"]
    ).result()
