"""Event Grid's subscriptions and the alerts name what the app has: its functions, folders and log lines."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from local.app_settings import ROOT, sample
from shared.folder.path import FolderPath
from shared.triggers.storage_events import CREATED, FINISHED_WRITES, TAKING_AWAY
from tests.unit.infra.bicep import INFRA, body, read

EVENTS = read(INFRA / "events.bicep")
SUBSCRIPTION = INFRA / "scripts/subscribe.sh"
INDEX = "import json, function_app as f; print(json.dumps([one.get_function_name() for one in f.app.get_functions()]))"


@cache
def functions() -> set[str]:
    """Return the functions of the app as the template sets it up."""
    settings = os.environ | sample() | {"RELAY_BLOB_SOURCE": "eventgrid"}
    ran = subprocess.run(
        [sys.executable, "-c", INDEX], env=settings, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(ran.stdout))


def subscription(name: str) -> dict[str, Any]:
    found: dict[str, Any] = EVENTS.section("resources")[name]["config"]["properties"]
    return found


def default(parameter: str) -> str:
    return str(EVENTS.section("parameters")[parameter]["default"])


def test_the_functions_that_are_subscribed_exist() -> None:
    assert {default("blobFunction"), default("deletedFunction")} <= functions()


def test_the_script_waits_for_the_functions_that_are_subscribed() -> None:
    waited_for = set(re.findall(r"has_function (\w+)", SUBSCRIPTION.read_text()))
    assert waited_for == {default("blobFunction"), default("deletedFunction")}


def test_uploads_go_to_the_blob_triggers_webhook() -> None:
    destination = subscription("uploads")["destination"]
    assert (destination["endpointType"], destination["properties"]["endpointUrl"]) == ("WebHook", "webhook")
    webhook = EVENTS.section("variables")["webhook"]["value"]
    assert webhook == "${appUrl}/runtime/webhooks/blobs?functionName=Host.Functions.${blobFunction}&code=${blobsKey}"


def test_only_finished_writes_are_told() -> None:
    events = subscription("uploads")["filter"]
    assert events["includedEventTypes"] == [CREATED]
    (finished,) = events["advancedFilters"]
    assert (finished["operatorType"], finished["key"]) == ("StringIn", "data.api")
    assert tuple(finished["values"]) == FINISHED_WRITES


def test_deletions_and_renames_go_to_the_event_grid_trigger() -> None:
    deletions = subscription("deletions")
    assert deletions["destination"]["properties"]["resourceId"] == "${appId}/functions/${deletedFunction}"
    assert set(deletions["filter"]["includedEventTypes"]) == set(TAKING_AWAY)


@pytest.mark.parametrize(("name", "subjects"), [("uploads", "subjects"), ("deletions", "place")])
def test_only_what_concerns_the_app_is_told_and_what_cannot_be_delivered_is_kept(name: str, subjects: str) -> None:
    """Deletions are told for the whole container: a file moved out of the folder has its new place as the subject."""
    properties = subscription(name)
    assert properties["filter"]["subjectBeginsWith"] == subjects
    assert properties["deadLetterWithResourceIdentity"] == "deadLetters"


def test_the_subjects_are_those_of_the_folders_blobs() -> None:
    """The template puts a subject together as Event Grid does for a blob that the app would import."""
    place = EVENTS.section("variables")["place"]["value"]
    folder = FolderPath("airflow-files", "airflow")
    subject = place.replace("${container}", folder.container) + f"{folder.prefix}/"
    assert subject == "/blobServices/default/containers/airflow-files/blobs/airflow/"
    assert (
        EVENTS.section("variables")["subjects"]["value"]["operator"]["operands"]["false_value"] == "${place}${folder}/"
    )


def alerts() -> dict[str, dict[str, Any]]:
    rules = read(INFRA / "modules/alerts.bicep").section("variables")["rules"]["value"]
    return {rule["id"]: rule for rule in rules}


def logged() -> list[str]:
    """Return what the app logs as warnings and errors, before the values are put in."""
    sources = [ROOT / "function_app.py", *(ROOT / "shared").rglob("*.py")]
    calls = [node for path in sources for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func) in {"log.warning", "log.error"} and isinstance(call.args[0], ast.Constant)
    ]


@pytest.mark.parametrize(("rule", "lines"), [("not-ready", 1), ("failures-in-a-row", 2), ("poison", 1), ("silent", 0)])
def test_an_alert_looks_for_what_the_app_logs(rule: str, lines: int) -> None:
    query = alerts()[rule]["query"]
    clauses = re.findall(r'message startswith "([^"]+)"(?: and message has "([^"]+)")?', query)
    assert len(clauses) == lines
    for start, words in clauses:
        assert [line for line in logged() if line.startswith(start) and words in line]


@pytest.mark.parametrize("rule", alerts())
def test_an_alert_names_functions_and_routes_of_the_app(rule: str) -> None:
    query = alerts()[rule]["query"]
    assert set(re.findall(r'name contains "(\w+)"', query)) <= functions()
    assert {f"/api/{route}" for route in re.findall(r'"/api/(\w+)"', query)} <= {"/api/ready"}


def test_somebody_is_told() -> None:
    resources = read(INFRA / "modules/alerts.bicep").section("resources")
    assert body(resources["logAlerts"]["config"])["properties"]["actions"]["actionGroups"]
    assert resources["deadLetters"]["config"]["properties"]["actions"]
