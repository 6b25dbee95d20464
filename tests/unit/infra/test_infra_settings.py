"""The app settings of the template: each is one that somebody reads, and with them the app starts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.app_settings import sample
from shared.errors import SettingsError
from shared.settings import Settings, read_settings
from shared.storage.connections import blob_service, credential, queue_service
from tests.unit.infra.bicep import INFRA, TEMPLATES, body, read

# What others than the app's own settings read.
# docs: functions-reference, "Connections" (the host), and shared/storage.py.
CONNECTION = {"credential", "clientId", "blobServiceUri", "queueServiceUri", "tableServiceUri"}
OTHERS = {
    "AZURE_CLIENT_ID",  # azure-identity: which user-assigned identity
    "AZURE_TOKEN_CREDENTIALS",  # azure-identity: only the managed identity is tried
    "APPLICATIONINSIGHTS_CONNECTION_STRING",  # the host
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",  # the host
}
# The Flex Consumption plan refuses them; docs: functions-app-settings.
DEPRECATED_ON_FLEX = {"FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE"}
ONE_ROUTE = {"RELAY_ENVIRONMENT", "RELAY_LINKED_SERVICE", "RELAY_FOLDER"}


def parts() -> list[Any]:
    """Return what `union` puts together: the settings of every app, a route or routes, secrets, the operator's."""
    app = read(INFRA / "main.bicep").section("modules")["app"]
    union = app["config"]["params"]["settings"]["function"]
    assert union["type"] == "union"
    return list(union["parameters"].values())


def objects(part: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - pycep's result
    """Return the objects that a part may be."""
    if isinstance(part, str):
        part = read(INFRA / "main.bicep").section("variables")[part]["value"]
    conditional = part.get("operator", {}).get("operands", {})
    if "true_value" in conditional:
        yield from objects(conditional["true_value"])
        yield from objects(conditional["false_value"])
    else:
        yield part


def always() -> dict[str, Any]:
    return next(objects(parts()[0]))


def everything() -> set[str]:
    return {name for part in parts()[:-1] for one in objects(part) for name in one}


def environ(*names: str) -> dict[str, str]:
    """Return the settings as Azure would have them; what the template computes is as in the sample."""
    computed = sample() | {"AZURE_CLOUD": "AzureCloud"}
    literal = {name: value for name, value in always().items() if isinstance(value, str)}
    values = {name: computed.get(name, literal.get(name, "computed")) for name in {*always(), *names}}
    return values | {name: literal[name] for name in ("RELAY_CONNECTION", "RELAY_BLOB_SOURCE")}


def is_connection(name: str) -> bool:
    connection, _, setting = name.partition("__")
    return connection in {"AzureWebJobsStorage", always()["RELAY_CONNECTION"]} and setting in CONNECTION


def test_every_setting_is_one_that_somebody_reads() -> None:
    known = (
        {field.alias for field in Settings.model_fields.values()} | ONE_ROUTE | {"RELAY_FACTORY", "RELAY_CONNECTION"}
    )
    assert [name for name in everything() - known - OTHERS if not is_connection(name)] == []
    assert not everything() & DEPRECATED_ON_FLEX


def test_one_route_and_many_are_given_as_the_app_wants_them() -> None:
    assert [set(one) for one in objects(parts()[1])] == [ONE_ROUTE, {"RELAY_ROUTES"}]


def test_the_app_starts_with_one_route() -> None:
    settings = read_settings(environ(*ONE_ROUTE))
    assert settings.blob_source == "eventgrid"
    assert [route.connection for route in settings.routes] == ["DagStorage"]


def test_the_app_starts_with_many_routes() -> None:
    routes = [
        {"name": name, "environment": name, "linked_service": "storage", "folder": f"dags/{name}"}
        for name in ("team-a", "team-b")
    ]
    settings = read_settings(environ() | {"RELAY_ROUTES": json.dumps(routes)})
    assert [route.connection for route in settings.routes] == ["DagStorage", "DagStorage"]


@pytest.mark.parametrize("name", ["RELAY_FACTORY", *sorted(ONE_ROUTE), "DagStorage"])
def test_the_app_does_not_start_with_less(name: str) -> None:
    less = {setting: value for setting, value in environ(*ONE_ROUTE).items() if not setting.startswith(name)}
    with pytest.raises(SettingsError, match=name):
        read_settings(less)


@pytest.mark.parametrize("connection", ["AzureWebJobsStorage", "DagStorage"])
@pytest.mark.parametrize("service", ["blob", "queue"])
def test_the_apps_own_clients_find_account_and_identity(
    connection: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    identities: list[str | None] = []

    def noted(client_id: str | None) -> object:
        identities.append(client_id)
        return credential.__wrapped__(client_id)

    for name in always():
        if name.startswith(f"{connection}__"):
            monkeypatch.setenv(name, f"https://{name.rpartition('__')[2].lower()}.example")
    monkeypatch.delenv(connection, raising=False)
    monkeypatch.setattr("shared.storage.connections.credential", noted)
    client: Any = {"blob": blob_service, "queue": queue_service}[service]
    assert client.__wrapped__(connection).url == f"https://{service}serviceuri.example/"
    assert identities == ["https://clientid.example"]


def test_every_other_setting_can_be_given_and_the_operators_word_is_the_last() -> None:
    assert parts()[-1] == "extraSettings"
    assert read(INFRA / "main.bicep").section("parameters")["extraSettings"]["type"] == "object"
    assert "extraSettings" in json.loads((INFRA / "main.parameters.json").read_text())["parameters"]


@pytest.mark.parametrize(
    ("part", "setting", "parameter"),
    [
        (2, "RELAY_WEBHOOK_SECRETS", "webhookSecrets"),
        (3, "RELAY_NOTIFICATION_URL", "notificationUrl"),
        (4, "RELAY_NOTIFICATION_SECRET", "notificationSecret"),
    ],
)
def test_a_secret_is_kept_in_the_vault_and_the_setting_refers_to_it(part: int, setting: str, parameter: str) -> None:
    main = read(INFRA / "main.bicep")
    name = setting.replace("_", "-")
    assert list(objects(parts()[part])) == [{}, {setting: f"${{keptAt}}/{name})"}]
    assert body(main.section("modules")["vault"]["config"])["params"]["secrets"][f"'{name}'"] == parameter
    assert {"type": "secure"} in main.section("parameters")[parameter]["decorators"]
    assert name in str(main.section("variables")["secretNames"])


def test_secrets_travel_secured_and_are_no_output() -> None:
    for path, parameter in (
        ("main.bicep", "extraSettings"),
        ("modules/vault.bicep", "secrets"),
        ("modules/app.bicep", "settings"),
    ):
        assert {"type": "secure"} in read(INFRA / path).section("parameters")[parameter]["decorators"]
    outputs = str([read(path).section("outputs") for path in TEMPLATES])
    assert not re.search("secret|Key|password", outputs.replace("keyvault", ""))
