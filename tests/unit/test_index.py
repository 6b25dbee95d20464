"""What Azure does first: index the app, in a fresh process."""

import json
import subprocess
import sys
from datetime import timedelta

from local.app_settings import ROOT, sample
from local.host.settings import time_span
from shared.api.endpoints import ENDPOINTS

_INDEX = """
import json, sys, threading
threading.Timer.start = lambda timer: None
import function_app
functions = {f.get_function_name(): json.loads(f.get_function_json()) for f in function_app.app.get_functions()}
not_yet = (
    *("azure.core", "azure.identity", "azure.storage.blob", "azure.storage.queue", "requests", "prometheus_client"),
    *("opentelemetry", "jinja2", "pydantic", "shared.folder.checks.check", "croniter", "pathspec", "re2"),
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


_WARM_UP = """
import sys, threading
import function_app
for thread in threading.enumerate():
    if isinstance(thread, threading.Timer):
        thread.join(60)
print(*(name for name in sys.modules if name in sys.argv), sep=",")
"""
_BUILT = f"""{_WARM_UP}
from shared.adf.spec import EnvironmentSpec
from shared.sync.state import RouteState
print(EnvironmentSpec.__pydantic_complete__, RouteState.__pydantic_complete__)
"""


def warmed_up(*modules: str, **settings: str) -> set[str]:
    command = [sys.executable, "-c", _WARM_UP, *modules]
    ran = subprocess.run(command, env=sample() | settings, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Traceback" not in ran.stderr
    return set(ran.stdout.strip().split(","))


def test_after_the_index_the_app_imports_what_its_first_invocations_need() -> None:
    heavy = ("azure.identity", "azure.storage.blob", "azure.storage.queue", "requests", "shared.folder.checks.check")
    assert warmed_up(*heavy) == {*heavy}


def test_after_the_index_the_app_builds_the_schemas_of_specs_and_documents() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _BUILT], env=sample(), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "True True"


_PUT = """
import sys
import shared.api.environments.writes, shared.api.signed.door
from shared.adf.spec import EnvironmentSpec
from shared.api.environments.put import Plan
not_needed = ("azure.identity", "azure.storage", "jinja2", "prometheus_client", "shared.storage", "shared.sync")
print(*(name for name in sys.modules if name.startswith(not_needed)), sep=",")
print(EnvironmentSpec.__pydantic_complete__, Plan.__pydantic_complete__)
"""


def test_a_put_imports_nothing_of_storage_and_syncs_and_builds_no_schema_before_its_first_use() -> None:
    ran = subprocess.run([sys.executable, "-c", _PUT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["", "False False"]


_FIRST_USE = """
import threading
from shared.adf.spec import EnvironmentSpec
together = threading.Barrier(8)
def use():
    together.wait()
    EnvironmentSpec.model_validate({"properties": {"type": "Airflow", "typeProperties": {}}})
threads = [threading.Thread(target=use) for _ in range(8)]
for thread in threads:
    thread.start()
"""


def test_a_schema_is_built_once_for_all_threads_that_use_it_first() -> None:
    ran = subprocess.run([sys.executable, "-c", _FIRST_USE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stderr == ""


def test_a_warm_up_that_fails_leaves_the_problem_to_the_invocation() -> None:
    assert warmed_up("shared.sync.engine", AzureWebJobsStorage="no connection string") == {"shared.sync.engine"}


def test_a_misconfigured_app_does_not_warm_up() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _WARM_UP, "azure.identity"],
        env=sample() | {"RELAY_QUIET": "5"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout.strip(), "RELAY_QUIET" in ran.stderr) == ("", True)


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
