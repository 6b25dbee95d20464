"""Environments of Data Factory to translate: with every key that was seen in public, and with none."""

from typing import Any

import pytest

Json = dict[str, Any]

COMPUTE: Json = {
    "location": "East US",
    "computeSize": "Large",
    "extraNodes": 2,
    "enableAutoscale": True,
    "autoScaleMinNodes": 6,
    "autoScaleMaxNodes": 9,
    "computePool": "StarterPool",
    "poolId": "1",
    "poolName": "p",
    "vnetEnabled": False,
    "enableAvailabilityZones": False,
    "surprise": 1,
}
AIRFLOW: Json = {
    "airflowVersion": "2.6.3",
    "version": "2.6.3",
    "pythonVersion": "3.8",
    "airflowRequirements": ["pandas==2.2.3", "/opt/airflow/dags/team/own.whl", "/opt/airflow/git/repo/dags/x.whl"],
    "airflowRequiredArguments": ["x"],
    "airflowEnvironmentVariables": {"STAGE": "prod", "AIRFLOW__CORE__PARALLELISM": "8", "API_TOKEN": "hush-1"},
    "environmentVariables": {"OLD": "hush-2"},
    "airflowConfigurationOverrides": {"AIRFLOW__CORE__FERNET_KEY": "hush-3", "AIRFLOW__CORE__X": "hush-4"},
    "airflowEntityReferences": [{"name": "ls"}],
    "packageProviderPath": "plugins",
    "enableAADIntegration": False,
    "enableTriggerers": True,
    "userName": "hush-5",
    "password": "hush-6",
    "airflowWebUrl": "https://x",
    "secrets": ["hush-7"],
    "encryptedSecrets": ["hush-8"],
    "airflowEnvironment": "x",
    "gitSyncProperties": {
        "gitServiceType": "GitHub",
        "gitCredentialType": "PAT",
        "repo": "https://hush-9@github.com/acme/dags",
        "branch": "main",
        "username": "me",
        "credential": "hush-10",
        "tenantId": "t",
    },
    "surprise": {"a": "hush-11"},
}
SECRETS = [f"hush-{number}" for number in range(1, 12)]


def environment(compute: Json | None = None, airflow: Json | None = None, **more: object) -> Json:
    types = {"computeProperties": compute or {}, "airflowProperties": airflow or {}}
    return {"name": "orders", "properties": {"type": "Airflow", "typeProperties": types, **more}}


@pytest.fixture
def full() -> Json:
    """Return an environment as Data Factory shows it, with every key."""
    own = {"id": "/subscriptions/s", "type": "Microsoft.DataFactory/factories/integrationruntimes", "etag": "e"}
    return own | environment(COMPUTE, AIRFLOW, description="Orders, daily", state="Started", surprise=1)
