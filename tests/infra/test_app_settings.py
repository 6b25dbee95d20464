"""The app settings of the template: each is one that is read, and with them the app starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.app_settings import sample
from shared.errors import SettingsError
from shared.setting_values import names_of
from shared.settings import Settings, read_settings
from shared.storage.connections import blob_service, credential, queue_service
from shared.triggers.blobs import watches
from tests.infra.compiler import NO_COMPILER, VARIABLES, Snapshot, found, snapshot

# What others than the app's own settings read.
# docs: functions-reference, "Connections" (the host), and shared/storage/connections.py.
CONNECTION = {"credential", "clientId", "blobServiceUri", "queueServiceUri", "tableServiceUri"}
OTHERS = {
    "AZURE_CLIENT_ID",  # azure-identity: which user-assigned identity
    "AZURE_TOKEN_CREDENTIALS",  # azure-identity: only the managed identity is tried
    "APPLICATIONINSIGHTS_CONNECTION_STRING",  # the host
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",  # the host
    "PYTHON_THREADPOOL_THREAD_COUNT",  # the worker
}
# The Flex Consumption plan refuses them; docs: functions-app-settings.
DEPRECATED_ON_FLEX = {"FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE"}


def app_settings(made: Snapshot) -> dict[str, str]:
    return made.properties("Microsoft.Web/sites/config", "appsettings")


def environ(made: Snapshot) -> dict[str, str]:
    """Return the settings as Azure would have them; what only Azure can fill in is as in the sample."""
    azure = sample() | {"AZURE_CLOUD": "AzureCloud", "RELAY_NOTIFICATION_URL": "https://chat.example/hook"}
    return {
        name: azure.get(name, "computed") if value.startswith("[") and name != "RELAY_ROUTES" else value
        for name, value in app_settings(made).items()
    }


def is_connection(name: str) -> bool:
    connection, _, setting = name.partition("__")
    return connection in {"AzureWebJobsStorage", "DagStorage"} and setting in CONNECTION


def test_every_setting_is_one_that_is_read(one_route: Snapshot, secrets: Snapshot) -> None:
    known = {*names_of(Settings)} | {"RELAY_FACTORY", "RELAY_CONNECTION"}
    made = {*app_settings(one_route), *app_settings(secrets)}
    assert [name for name in made - known - OTHERS if not is_connection(name)] == []
    assert not made & DEPRECATED_ON_FLEX


def test_the_app_starts_with_one_route(one_route: Snapshot) -> None:
    settings = read_settings(environ(one_route))
    assert settings.blob_source == "eventgrid"
    (route,) = settings.routes
    assert (route.name, route.connection, str(route.folder)) == ("default", "DagStorage", "airflow-files/airflow")


def test_the_app_starts_with_several_routes(several_routes: Snapshot) -> None:
    settings = read_settings(environ(several_routes))
    assert [route.name for route in settings.routes] == ["sales", "stock", "tests", "whole", "else"]


def test_the_app_starts_with_a_route_into_fabric(fabric: Snapshot) -> None:
    sales, moved = read_settings(environ(fabric)).routes
    assert (sales.is_pushed, moved.is_pushed, moved.connection) == (False, True, "DagStorage")


def test_the_app_takes_the_routes_from_a_blob_that_the_settings_name(tmp_path: Path) -> None:
    if found() is None:
        pytest.skip(NO_COMPILER)
    extra = {"EXTRA_SETTINGS": json.dumps({"RELAY_ROUTES_BLOB": "settings/routes.json"})}
    made = environ(snapshot(tmp_path, VARIABLES | extra))
    routes = [{"name": "sales", "environment": "airflow", "linked_service": "dags", "folder": "one/sales"}]
    (route,) = read_settings(made, lambda _place: json.dumps(routes)).routes
    assert (route.name, route.connection) == ("sales", "DagStorage")


def test_the_template_watches_what_the_app_watches(several_routes: Snapshot) -> None:
    """Also under the app's names: the host takes events for a function that does not exist, and drops them."""
    here = [
        watch for watch in watches(read_settings(environ(several_routes)).routes) if watch.connection == "DagStorage"
    ]
    told = several_routes.outputs["WATCHED_CONTAINERS"]
    assert [(one["container"], one["function"]) for one in told] == [(one.container, one.function_name) for one in here]


@pytest.mark.parametrize("name", ["RELAY_FACTORY", "RELAY_ROUTES", "DagStorage"])
def test_the_app_does_not_start_with_less(name: str, one_route: Snapshot) -> None:
    less = {setting: value for setting, value in environ(one_route).items() if not setting.startswith(name)}
    with pytest.raises(SettingsError, match=name if name == "DagStorage" else "RELAY_"):
        read_settings(less)


@pytest.mark.parametrize("connection", ["AzureWebJobsStorage", "DagStorage"])
@pytest.mark.parametrize("service", ["blob", "queue"])
def test_the_apps_own_clients_find_account_and_identity(
    connection: str, service: str, one_route: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities: list[str | None] = []

    def noted(client_id: str | None) -> object:
        identities.append(client_id)
        return credential.__wrapped__(client_id)

    for name in app_settings(one_route):
        if name.startswith(f"{connection}__"):
            monkeypatch.setenv(name, f"https://{name.rpartition('__')[2].lower()}.example")
    monkeypatch.delenv(connection, raising=False)
    monkeypatch.setattr("shared.storage.connections.credential", noted)
    client: Any = {"blob": blob_service, "queue": queue_service}[service]
    assert client.__wrapped__(connection).url == f"https://{service}serviceuri.example/"
    assert identities == ["https://clientid.example"]


def test_a_secret_is_kept_in_the_vault_and_the_setting_refers_to_it(secrets: Snapshot) -> None:
    kept = [one["name"].rpartition("/")[2] for one in secrets.of_type("Microsoft.KeyVault/vaults/secrets")]
    assert sorted(kept) == ["RELAY-NOTIFICATION-URL", "RELAY-WEBHOOK-SECRETS"]
    for name in kept:
        reference = app_settings(secrets)[name.replace("-", "_")]
        assert reference.startswith("[format('@Microsoft.KeyVault(SecretUri=https://{0}{1}/secrets/{2})'")
        assert name in reference


def test_no_secret_is_in_what_a_deployment_shows(secrets: Snapshot) -> None:
    shown = str(secrets)
    assert "whsec_" not in shown
    assert "chat.example" not in shown


def test_what_the_blob_trigger_fails_on_goes_into_the_apps_own_account(one_route: Snapshot) -> None:
    settings = app_settings(one_route)
    assert settings["DagStorage__queueServiceUri"] == settings["AzureWebJobsStorage__queueServiceUri"]


def test_a_worker_has_a_thread_for_each_request_that_the_plan_sends_it(one_route: Snapshot) -> None:
    scale = one_route.properties("Microsoft.Web/sites")["functionAppConfig"]["scaleAndConcurrency"]
    at_once = scale["triggers"]["http"]["perInstanceConcurrency"]
    assert app_settings(one_route)["PYTHON_THREADPOOL_THREAD_COUNT"] == str(at_once)
