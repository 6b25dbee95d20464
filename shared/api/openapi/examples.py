"""Examples for the API document. The first two are the exchanges of Microsoft's REST page, secrets masked as always."""

from typing import Any

_NOON = "2026-01-31T12:00:00Z"
_LATER = "2026-01-31T12:00:09Z"
_SYNC_ID = "98232764234567-0a1b2c3d"
_SYNC_URL = f"/api/routes/default/syncs/{_SYNC_ID}"
_FACTORY = (
    "/subscriptions/12345678-1234-1234-1234-123456789012/resourceGroups/example-rg"
    "/providers/Microsoft.DataFactory/factories/example-adf"
)
_ENVIRONMENT_ID = f"{_FACTORY}/integrationruntimes/sample-2"
_REVISION = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_FILE = "airflow-files/airflow/dags/sales.py"

NAMED_SPEC: dict[str, Any] = {
    "name": "sample-2",
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "test"},
                "airflowRequirements": ["apache-airflow-providers-microsoft-azure"],
                "enableAADIntegration": True,
                "userName": None,
                "password": None,
                "airflowEntityReferences": [],
            },
        },
    },
}
ENVIRONMENT: dict[str, Any] = {
    "id": _ENVIRONMENT_ID,
    "name": "sample-2",
    "type": "Microsoft.DataFactory/factories/integrationruntimes",
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.4.3",
                "pythonVersion": "3.8",
                "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "********"},
                "airflowWebUrl": "https://e57f7409041692.eastus.airflow.svc.datafactory.azure.com/login/",
                "airflowRequirements": ["apache-airflow-providers-microsoft-azure"],
                "airflowEntityReferences": [],
                "packageProviderPath": "plugins",
                "enableAADIntegration": True,
                "enableTriggerers": False,
            },
        },
        "state": "Initial",
    },
    "etag": "3402279e-0000-0100-0000-64ecb1cb0000",
}
ARM_SYNC_REQUEST: dict[str, Any] = {
    "method": "POST",
    "path": f"{_FACTORY}/airflow/sync?api-version=2018-06-01",
    "body": {
        "IntegrationRuntimeName": "sample-2",
        "LinkedServiceName": "AzureBlobStorage1",
        "StorageFolderPath": "your-container/airflow",
        "CopyFolderStructure": True,
        "Overwrite": True,
        "AddRequirementsFromFile": True,
    },
}

MERGE_PATCH: dict[str, Any] = {"properties": {"typeProperties": {"computeProperties": {"extraNodes": 2}}}}
ENVIRONMENTS: dict[str, Any] = {"value": [ENVIRONMENT], "nextLink": None}
STATUS: dict[str, Any] = {
    "name": "sample-2",
    "properties": {"type": "Airflow", "dataFactoryName": "example-adf", "state": "Started", "typeProperties": {}},
}

ALIVE: dict[str, Any] = {"status": "alive"}
_READY_ROUTE: dict[str, Any] = {
    "name": "default",
    "ready": True,
    "lastSync": _NOON,
    "lastSyncAgeSeconds": 60,
    "failuresInARow": 0,
    "pendingSince": None,
}
READY_APP: dict[str, Any] = {"ready": True, "troubles": [], "routes": [_READY_ROUTE]}
UNREADY_APP: dict[str, Any] = {
    "ready": False,
    "troubles": [{"route": "default", "reason": "BadRequest", "sentence": "The linked service was not found."}],
    "routes": [_READY_ROUTE | {"ready": False, "failuresInARow": 3, "pendingSince": _NOON}],
}

ROUTE: dict[str, Any] = {
    "name": "default",
    "environment": f"{_FACTORY}/integrationRuntimes/sample-2",
    "folder": "airflow-files/airflow",
    "request": ARM_SYNC_REQUEST["body"],
    "settings": {
        "target": "data-factory",
        "factory": _FACTORY,
        "environment": "sample-2",
        "linkedService": "AzureBlobStorage1",
        "folder": "airflow-files/airflow",
        "connection": "AzureWebJobsStorage",
        "overwrite": True,
        "copyFolderStructure": True,
        "addRequirementsFromFile": True,
        "quietSeconds": 5.0,
        "longestWaitSeconds": 60.0,
        "settleSeconds": 5.0,
        "operationTimeoutSeconds": 1800.0,
        "sweepSchedule": "0 */5 * * * *",
        "dagChecks": "warn",
    },
    "conditions": [
        {"type": "Ready", "status": "True", "reason": "Synced", "sentence": "everything is synced", "since": _NOON},
        {"type": "Reconciling", "status": "False", "reason": "Idle", "sentence": "", "since": None},
        {"type": "Stalled", "status": "False", "reason": "NoActionNeeded", "sentence": "", "since": None},
    ],
    "synced": {"revision": _REVISION, "listedAt": _NOON, "files": 3, "syncId": _SYNC_ID, "openSince": None},
    "pendingSince": None,
    "nextAttempt": None,
    "requested": None,
    "failure": None,
    "failuresInARow": 0,
    "operation": None,
    "suspendedSince": None,
    "removed": 0,
    "notSent": 0,
    "ignored": {"count": 1, "first": [{"name": "airflow/readme.md", "reason": "it is not below dags/ or plugins/"}]},
    "lookedAt": _NOON,
    "asking": None,
    "airflow": None,
    "findings": {"count": 0, "first": []},
    "events": None,
}
ONE_ROUTE: dict[str, Any] = {
    **ROUTE,
    "removedFiles": [],
    "notSentFiles": [],
    "foreignFiles": {"count": 0, "first": []},
}
ROUTES: dict[str, Any] = {"value": [ROUTE], "nextLink": None}

_NO_NAMES: dict[str, Any] = {"count": 0, "first": []}
_CHANGES: dict[str, Any] = {"added": {"count": 1, "first": [_FILE]}, "changed": _NO_NAMES, "removed": _NO_NAMES}
SYNC_LINK: dict[str, Any] = {"syncId": _SYNC_ID, "url": _SYNC_URL}
FILE: dict[str, Any] = {"path": _FILE, "state": "synced", "since": _NOON, "sync": SYNC_LINK, "sentence": "synced"}
SYNC_PLAN: dict[str, Any] = {
    "wouldSend": True,
    "decision": "Sync",
    "reason": "Changed",
    "sentence": "the folder has changed",
    "revision": _REVISION,
    "files": 3,
    "changes": _CHANGES,
    "findings": [],
    "request": ARM_SYNC_REQUEST,
}
PLAN: dict[str, Any] = {
    "wouldSend": True,
    "changes": [{"path": "properties.typeProperties.computeProperties.extraNodes", "from": 0, "to": 2}],
    "warnings": [],
    "request": {
        "method": "PUT",
        "path": f"{_FACTORY}/integrationRuntimes/sample-2",
        "headers": {"If-Match": ENVIRONMENT["etag"]},
        "body": {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": 2}}}},
    },
}

_SUMMARY: dict[str, Any] = {
    "syncId": _SYNC_ID,
    "outcome": "accepted",
    "trigger": "change",
    "revision": _REVISION,
    "startedAt": _NOON,
    "finishedAt": _LATER,
    "changes": _CHANGES,
    "uploads": {"first": _NOON, "last": _NOON},
    "code": None,
    "message": None,
}
SYNC_LIST: dict[str, Any] = {"value": [{**_SUMMARY, "findingsCount": 0}], "nextLink": None}
SYNC: dict[str, Any] = {
    **_SUMMARY,
    "version": 1,
    "route": "default",
    "findings": [],
    "calls": [{"operation": "airflow/sync", "status": 202, "requestId": "7a3c0d3e", "code": None}],
}
FABRIC_JOB: dict[str, Any] = {
    "name": "sample-2",
    "files": {"report.md": "# sample-2 as a Fabric Apache Airflow job"},
    "keys": [{"path": "properties.typeProperties", "fate": "carried", "note": "the same in Fabric", "todo": ""}],
}
