"""Event Grid's subscriptions name what the app has: its functions, its folders, the events that it understands."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from local.app_settings import ROOT, sample
from shared.folder.path import FolderPath
from shared.triggers.storage_events import CREATED, FINISHED_WRITES, TAKING_AWAY
from tests.infra.compiler import APP_SUBSCRIPTION, NO_COMPILER, Snapshot, found, snapshot

PARAMETERS = """using 'events.bicep'
param topicName = 'dag-relay-exampledags'
param appName = 'relay'
param appResourceGroup = 'rg-relay'
param appSubscription = '{subscription}'
param appUrl = 'https://relay.example'
param watched = json('{watched}')
param deadLetterStorageId = '/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/own'
param deadLetterContainer = 'dead-letters'
"""
WATCHED = [
    {"container": "airflow-files", "function": "on_dag_blob", "folder": "airflow"},
    {"container": "more", "function": "on_dag_blob-DagStorage-more", "folder": ""},
]
INDEX = "import json, function_app as f; print(json.dumps([one.get_function_name() for one in f.app.get_functions()]))"
PLACE = "/blobServices/default/containers/"


@cache
def functions() -> set[str]:
    """Return the functions of the app as the template sets it up."""
    settings = os.environ | sample() | {"RELAY_BLOB_SOURCE": "eventgrid"}
    ran = subprocess.run(
        [sys.executable, "-c", INDEX], env=settings, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(ran.stdout))


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    if found() is None:
        pytest.skip(NO_COMPILER)
    parameters = PARAMETERS.format(subscription=APP_SUBSCRIPTION, watched=json.dumps(WATCHED))
    return snapshot(tmp_path_factory.mktemp("events"), {}, parameters)


def subscriptions(events: Snapshot, kind: str) -> list[dict[str, Any]]:
    """Return the subscriptions for `uploads` or `deletions`, in the order of what is watched."""
    made = events.of_type("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    return [one["properties"] for one in made if f"/dag-relay-{kind}-" in one["name"]]


def test_every_container_has_a_subscription_of_each_kind_and_no_two_share_a_name(events: Snapshot) -> None:
    assert (len(subscriptions(events, "uploads")), len(subscriptions(events, "deletions"))) == (2, 2)
    assert len({one["name"] for one in events.resources}) == 4


def test_uploads_go_to_the_blob_triggers_webhook(events: Snapshot) -> None:
    for watched, made in zip(WATCHED, subscriptions(events, "uploads"), strict=True):
        assert made["destination"]["endpointType"] == "WebHook"
        url = made["destination"]["properties"]["endpointUrl"]
        assert "/runtime/webhooks/blobs?functionName=Host.Functions." in url
        assert f"'{watched['function']}'" in url
        assert "systemKeys.blobs_extension" in url


def test_the_functions_that_are_subscribed_exist() -> None:
    assert {WATCHED[0]["function"], "on_blob_deleted"} <= functions()


def test_only_finished_writes_are_told(events: Snapshot) -> None:
    for made in subscriptions(events, "uploads"):
        assert made["filter"]["includedEventTypes"] == [CREATED]
        (finished,) = made["filter"]["advancedFilters"]
        assert (finished["operatorType"], finished["key"]) == ("StringIn", "data.api")
        assert tuple(finished["values"]) == FINISHED_WRITES


def test_deletions_and_renames_go_to_the_event_grid_trigger(events: Snapshot) -> None:
    for made in subscriptions(events, "deletions"):
        assert made["destination"]["properties"]["resourceId"].endswith("/sites/relay/functions/on_blob_deleted")
        assert set(made["filter"]["includedEventTypes"]) == set(TAKING_AWAY)


def test_uploads_are_told_for_the_folder_and_deletions_for_the_container(events: Snapshot) -> None:
    """A file that is moved out of the folder has its new place as the subject."""
    uploads, deletions = (subscriptions(events, kind) for kind in ("uploads", "deletions"))
    folder = FolderPath("airflow-files", "airflow")
    assert [one["filter"]["subjectBeginsWith"] for one in uploads] == [
        f"{PLACE}{folder.container}/blobs/{folder.prefix}/",
        f"{PLACE}more/blobs/",
    ]
    assert [one["filter"]["subjectBeginsWith"] for one in deletions] == [
        f"{PLACE}airflow-files/blobs/",
        f"{PLACE}more/blobs/",
    ]


def test_what_cannot_be_delivered_is_kept(events: Snapshot) -> None:
    for made in (*subscriptions(events, "uploads"), *subscriptions(events, "deletions")):
        kept = made["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
        assert kept["blobContainerName"] == "dead-letters"
        assert made["retryPolicy"] == {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}
