"""The custom role has what the app calls of Data Factory, and nothing that is published besides."""

import fnmatch
import inspect
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync_request import SyncRequest
from shared.arm import factory
from shared.arm.clouds import CLOUDS
from shared.rest.answers import RestAnswer
from shared.rest.call import RestCall
from shared.rest.urls import Service
from tests.infra.compiler import Snapshot

FACTORY = FactoryId("12345678-1234-1234-1234-123456789012", "example-rg", "example-adf")
ENVIRONMENT = EnvironmentId(FACTORY, "sample-2")
REQUEST = SyncRequest(
    integration_runtime_name="sample-2", linked_service_name="storage", storage_folder_path="airflow-files/airflow"
)
DATA_FACTORY = "microsoft.datafactory/factories"
SYNC = f"{DATA_FACTORY}/airflow/sync/action"
# For what `shared.arm.operations` follows: where an accepted call says how far it is.
FOLLOWED = {f"{DATA_FACTORY}/operationresults/read"}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "put_environment": {"environment": ENVIRONMENT, "spec": {}},
    "get_environment": {"environment": ENVIRONMENT},
    "list_environments": {"factory": FACTORY},
    "delete_environment": {"environment": ENVIRONMENT},
    "start_environment": {"environment": ENVIRONMENT},
    "stop_environment": {"environment": ENVIRONMENT},
    "region_of": {"factory": FACTORY},
    "sync": {"factory": FACTORY, "request": REQUEST},
}


@dataclass
class Calls:
    """Notes what would be called."""

    service: Service = CLOUDS["AzureCloud"]
    noted: list[RestCall] = field(default_factory=list)

    def clock(self) -> float:
        return 0.0

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        assert deadline_s > 0
        self.noted.append(call)
        return RestAnswer(200, {}, b'{"value": []}')


def action_of(call: RestCall) -> str:
    """Return the action that ARM asks for: the types on the path and what the method means, by ARM's rules."""
    words = call.url.path.lower().partition("/providers/")[2].split("/")
    namespace, *types_and_names = words
    verb = {"GET": "read", "PUT": "write", "DELETE": "delete", "POST": "action"}[call.method]
    if types_and_names[2:] == ["airflow", "sync"]:
        return "/".join((namespace, types_and_names[0], "airflow", "sync", verb))
    last = [types_and_names.pop()] if call.method == "POST" else []
    return "/".join((namespace, *types_and_names[::2], *last, verb))


def called() -> dict[str, set[str]]:
    found = {}
    for name, arguments in ARGUMENTS.items():
        calls = Calls()
        getattr(factory, name)(calls, **arguments, deadline_s=10)
        found[name] = {action_of(call) for call in calls.noted}
    return found


@pytest.fixture(scope="session")
def permissions(one_route: Snapshot) -> dict[str, list[str]]:
    role = one_route.properties("Microsoft.Authorization/roleDefinitions")
    (found,) = role["permissions"]
    return {"actions": found["actions"], "notActions": found["notActions"]}


def allowed(action: str, permissions: dict[str, list[str]]) -> bool:
    """Whether the role allows it, as Azure decides: among the actions, and not among those that are taken away."""
    given, taken = (
        any(fnmatch.fnmatchcase(action, pattern.lower()) for pattern in permissions[key])
        for key in ("actions", "notActions")
    )
    return given and not taken


def test_every_function_that_calls_data_factory_is_looked_at() -> None:
    takes_caller = {
        name
        for name, function in inspect.getmembers(factory, inspect.isfunction)
        if not name.startswith("_")
        and function.__module__ == factory.__name__
        and "caller" in inspect.signature(function).parameters
    }
    assert takes_caller == ARGUMENTS.keys()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_role_allows_what_the_app_calls(name: str, permissions: dict[str, list[str]]) -> None:
    actions = called()[name]
    assert actions
    assert [action for action in actions if not allowed(action, permissions)] == []


def test_every_action_by_name_is_one_that_the_app_calls(permissions: dict[str, list[str]]) -> None:
    by_name = {action.lower() for action in permissions["actions"] if "*" not in action}
    assert by_name == set().union(*called().values()) - {SYNC} | FOLLOWED


def test_the_wildcard_is_there_for_sync_alone(permissions: dict[str, list[str]]) -> None:
    (wildcard,) = [action for action in permissions["actions"] if "*" in action]
    assert fnmatch.fnmatchcase(SYNC, wildcard.lower())
    assert allowed(SYNC, permissions)


# Published actions that the wildcard would cover; azure-docs, role-based-access-control/permissions/analytics.md.
@pytest.mark.parametrize(
    "action",
    [
        "getdataplaneaccess/action",
        "getgithubaccesstoken/action",
        "integrationruntimes/listauthkeys/action",
        "integrationruntimes/regenerateauthkey/action",
        "integrationruntimes/getconnectioninfo/action",
        "integrationruntimes/nodes/ipaddress/action",
        "pipelines/createrun/action",
        "pipelines/sandbox/run/action",
        "pipelineruns/cancel/action",
        "triggers/start/action",
        "triggers/triggerruns/rerun/action",
        "adddataflowtodebugsession/action",
        "executedataflowdebugcommand/action",
        "cancelpipelinerun/action",
        "privateendpointconnectionproxies/validate/action",
    ],
)
def test_the_role_allows_none_of_the_published_actions_that_the_app_does_not_call(
    action: str, permissions: dict[str, list[str]]
) -> None:
    assert not allowed(f"{DATA_FACTORY}/{action}", permissions)


@pytest.mark.parametrize("action", ["write", "delete", "pipelines/write", "linkedservices/read", "credentials/write"])
def test_the_role_does_not_reach_beyond_integration_runtimes(action: str, permissions: dict[str, list[str]]) -> None:
    assert not allowed(f"{DATA_FACTORY}/{action}", permissions)


@pytest.mark.parametrize("key", ["actions", "notActions"])
def test_actions_are_well_formed(key: str, permissions: dict[str, list[str]]) -> None:
    assert permissions[key]
    pattern = re.compile(r"Microsoft\.DataFactory/factories(/[A-Za-z]+)*(/\*)?(/(read|write|delete|action))?")
    assert [action for action in permissions[key] if not pattern.fullmatch(action)] == []
