"""What Azure does first: index the app, in a fresh process."""

import json
import subprocess
import sys
from datetime import timedelta

from local.app_settings import ROOT, sample
from local.host.settings import time_span
from shared.api.endpoints import ENDPOINTS

_INDEX = """
import json, sys
import function_app
functions = {f.get_function_name(): json.loads(f.get_function_json()) for f in function_app.app.get_functions()}
not_yet = (
    *("azure.core", "azure.identity", "azure.storage.blob", "azure.storage.queue", "requests", "prometheus_client"),
    *("opentelemetry", "jinja2", "shared.folder.checks.check", "croniter", "pathspec", "re2"),
)
heavy = [name for name in not_yet if name in sys.modules]
print(json.dumps({"functions": functions, "heavy": heavy}))
"""


TRIGGERS = {"on_dag_blob", "on_wake_up", "on_sweep", "on_poison"}
HTTP = {endpoint.name for endpoint in ENDPOINTS}


def index(**settings: str) -> dict[str, dict[str, object]]:
    ran = subprocess.run(
        [sys.executable, "-c", _INDEX], env=sample() | settings, cwd=ROOT, capture_output=True, text=True, check=True
    )
    indexed: dict[str, dict[str, object]] = json.loads(ran.stdout)
    return indexed


def trigger_of(indexed: dict[str, dict[str, object]], name: str) -> dict[str, object]:
    function = indexed["functions"][name]
    assert isinstance(function, dict)
    trigger: dict[str, object] = function["bindings"][0]
    return trigger


def test_heavy_packages_are_not_imported_to_index_the_app() -> None:
    assert not index()["heavy"]


def test_the_triggers_are_those_of_the_settings() -> None:
    indexed = index(RELAY_SWEEP_SCHEDULE="0 0 * * * *", RELAY_BLOB_SOURCE="eventgrid")
    assert indexed["functions"].keys() == TRIGGERS | HTTP | {"on_blob_deleted"}
    assert trigger_of(indexed, "on_blob_deleted")["type"] == "eventGridTrigger"
    blob = trigger_of(indexed, "on_dag_blob")
    assert (blob["path"], blob["connection"], blob["source"]) == (
        "airflow-files/{name}",
        "AzureWebJobsStorage",
        "EventGrid",
    )
    assert trigger_of(indexed, "on_wake_up")["queueName"] == "dag-relay-wake-ups"
    assert trigger_of(indexed, "on_sweep")["schedule"] == "0 0 * * * *"


def test_the_queue_of_notifications_is_watched_only_where_there_is_a_receiver() -> None:
    url = "https://hooks.example/T0/B0/secret"
    indexed = index(RELAY_NOTIFICATION_URL=url, RELAY_NOTIFICATION_FORMAT="slack")
    assert indexed["functions"].keys() == TRIGGERS | HTTP | {"on_notification"}
    assert trigger_of(indexed, "on_notification")["queueName"] == "dag-relay-notifications"
    assert not indexed["heavy"]


def test_every_http_route_is_in_the_list_of_routes_and_all_but_health_ask_for_a_key() -> None:
    indexed = index()
    triggers = [trigger_of(indexed, name) for name in indexed["functions"]]
    routes = [trigger for trigger in triggers if trigger["type"] == "httpTrigger"]
    assert [trigger["route"] for trigger in routes if trigger["authLevel"] != "FUNCTION"] == ["health"]
    listed = (ROOT / "docs/api.md").read_text()
    for endpoint in ENDPOINTS:
        assert f"`{endpoint.method} {endpoint.url_path}`" in listed


def test_two_apps_on_one_storage_account_listen_to_queues_of_their_own() -> None:
    one, other = index(WEBSITE_SITE_NAME="func-a"), index(RELAY_APP_NAME="north")
    assert trigger_of(one, "on_wake_up")["queueName"] == "dag-relay-wake-ups-func-a"
    assert trigger_of(one, "on_poison")["queueName"] == "dag-relay-wake-ups-func-a-poison"
    assert trigger_of(other, "on_wake_up")["queueName"] == "dag-relay-wake-ups-north"


def test_the_five_tries_of_a_message_are_spread_over_half_a_minute() -> None:
    queues = json.loads((ROOT / "host.json").read_text())["extensions"]["queues"]
    assert "maxDequeueCount" not in queues
    assert 4 * time_span(queues["visibilityTimeout"]) >= timedelta(seconds=30)


def test_polling_is_the_source_unless_told_otherwise() -> None:
    indexed = index()
    assert trigger_of(indexed, "on_dag_blob")["source"] == "LogsAndContainerScan"
    assert indexed["functions"].keys() == TRIGGERS | HTTP
