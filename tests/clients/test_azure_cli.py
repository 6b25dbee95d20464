"""Microsoft's `az` on the emulator, and on the app: on its own paths and on those in ARM's shape."""

import json

from local.app_settings import sample
from tests.clients.conftest import AzureCli

RUNTIMES = f"{sample()['RELAY_FACTORY']}/integrationRuntimes"
VERSION = ("--api-version", "2018-06-01")
SPEC = {"properties": {"type": "Airflow", "typeProperties": {}}}
# `az resource create` asks for a location, which Data Factory's environments do not have.
FULL = ("--is-full-object", "--properties")
RESOURCE = {"location": "eastus", **SPEC}


def test_the_emulator_is_a_cloud_that_can_be_registered_and_logged_in_to(on_arm: AzureCli) -> None:
    [account] = on_arm.json("account", "list")
    assert (account["state"], account["id"]) == ("Enabled", RUNTIMES.split("/")[2])


def test_az_resource_reads_an_environment_of_the_emulator(on_arm: AzureCli) -> None:
    shown = on_arm.json("resource", "show", "--ids", f"{RUNTIMES}/sample-2", *VERSION)
    assert (shown["name"], shown["properties"]["state"]) == ("sample-2", "Started")


def test_az_rest_sends_the_emulator_a_token_of_the_managed_identity(on_arm: AzureCli) -> None:
    url = f"{on_arm.arm}{RUNTIMES}/sample-2?api-version=2018-06-01"
    assert on_arm.json("rest", "--method", "get", "--url", url)["name"] == "sample-2"


def test_az_resource_makes_steers_and_deletes_an_environment_through_the_app(on_app: AzureCli) -> None:
    place = ("--ids", f"{RUNTIMES}/by-az", *VERSION)
    made = on_app.json("resource", "create", "--id", f"{RUNTIMES}/by-az", *VERSION, *FULL, json.dumps(RESOURCE))
    assert made["name"] == "by-az"
    on_app.json("resource", "invoke-action", *place, "--action", "stop")
    assert on_app.json("resource", "show", *place)["properties"]["state"] == "Stopped"
    on_app.json("resource", "delete", *place)
    gone = on_app.run("resource", "show", *place)
    assert (gone.returncode, "(IntegrationRuntimeNotFound)" in gone.stderr) == (3, True)


def test_az_resource_shows_why_the_app_refuses(on_app: AzureCli) -> None:
    body = json.dumps({"location": "eastus", "properties": {"type": "SelfHosted"}})
    refused = on_app.run("resource", "create", "--id", f"{RUNTIMES}/refused", *VERSION, *FULL, body)
    assert refused.returncode == 1
    assert "(InvalidSpec)" in refused.stderr
    assert "properties.type: Input should be 'Airflow'" in refused.stderr


def test_az_rest_puts_and_deletes_an_environment_with_a_function_key(on_app: AzureCli) -> None:
    with_key = ("--skip-authorization-header", "--headers", "x-functions-key=any")
    url = ("--url", f"{on_app.app}/api/environments/by-rest")
    made = on_app.json("rest", "--method", "put", *url, *with_key, "--body", json.dumps(SPEC))
    assert made["name"] == "by-rest"
    kept = on_app.run("rest", "--method", "delete", *url, *with_key, "If-Match=wrong")
    assert (kept.returncode, '"code":"PreconditionFailed"' in kept.stderr) == (1, True)
    on_app.json("rest", "--method", "delete", *url, *with_key)


def test_the_apps_links_lead_back_through_the_proxy(on_app: AzureCli) -> None:
    url = ("--url", f"{on_app.app}/api/environments/sample-2/start")
    started = on_app.run("rest", "--method", "post", *url, "--skip-authorization-header", "--verbose")
    assert f"'Location': '{on_app.app}/api/environments/sample-2/start?operation=" in started.stderr
