"""The rules of the local stack's Event Grid: what is a change, how it is told, what goes wrong on request."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum

from local.errors import LocalError
from local.events.changes import Blob, Change, changes_between
from local.events.faults import LONGEST_DELAY_S, Faults
from local.events.options import SCHEMAS, Schema
from local.events.schemas import Occurrence, message
from local.events.subscriptions import Place, Subscription, read_subscriptions, require_uploads
from shared.triggers.storage_events import (
    CREATED,
    DELETED,
    FINISHED_WRITES,
    TAKING_AWAY,
    StorageEvent,
    routes_hinted_at,
)
from tests.unit.memory import make_route

FILE = Blob("0x1", 5, "text/x-python", is_copy=False)
HERE = Place("AzureWebJobsStorage", "files")


def test_new_and_changed_blobs_are_writes_and_missing_ones_deletions() -> None:
    newer = Blob("0x2", 5, "text/x-python", is_copy=True)
    found = changes_between(
        {"same": FILE, "changed": FILE, "gone": FILE}, {"same": FILE, "changed": newer, "new": FILE}
    )
    assert [(each.name, each.type, each.api) for each in found] == [
        ("changed", CREATED, "CopyBlob"),
        ("new", CREATED, "PutBlob"),
        ("gone", DELETED, "DeleteBlob"),
    ]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("is_deletion", [True, False])
def test_the_app_reads_the_events_of_both_schemas(schema: Schema, *, is_deletion: bool) -> None:
    change = Change("airflow/dags/ü #1.py", FILE, is_deletion)
    at = datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC)
    body, headers = message(Occurrence(change, "acct1", "files", "https://x", "id-1", at, 7), schema)
    content = json.loads(body)
    (event,) = content if schema == "eventgrid" else (content,)
    assert ("cloudevents" in headers["Content-Type"]) == (schema == "cloudevents")
    assert event["data"]["api"] == change.api
    decoded = EventGridEventInConverter.decode(Datum(json.dumps(event), "json"), trigger_metadata={})
    hinted = routes_hinted_at(StorageEvent.of(decoded), [make_route()], lambda _: "acct1")
    assert [route.name for route in hinted] == ["default"]


def binding(kind: str, **more: object) -> dict[str, object]:
    return {"type": kind, **more}


def function(name: str, *bindings: dict[str, object], disabled: bool = False) -> dict[str, Any]:
    return {"name": name, "isDisabled": disabled, "config": {"bindings": list(bindings)}}


def test_subscriptions_are_those_that_the_apps_functions_need() -> None:
    functions = [
        function("on_dag_blob", binding("blobTrigger", path="%C%/{name}", connection="S", source="EventGrid")),
        function("polls", binding("blobTrigger", path="x/{name}", source="LogsAndContainerScan")),
        function("on_blob_deleted", binding("eventGridTrigger")),
        function("asleep", binding("eventGridTrigger"), disabled=True),
        function("health", binding("httpTrigger"), binding("http")),
    ]
    blobs, deletions = read_subscriptions(functions, {"C": "files"})
    assert blobs == Subscription("on_dag_blob", "blobs", (CREATED,), FINISHED_WRITES, Place("S", "files"))
    assert blobs.webhook_function == "Host.Functions.on_dag_blob"
    assert deletions == Subscription("on_blob_deleted", "eventgrid", TAKING_AWAY)
    assert deletions.webhook_function == "on_blob_deleted"


def test_an_app_that_polls_wants_no_events_and_that_is_said() -> None:
    with pytest.raises(LocalError, match="RELAY_BLOB_SOURCE has to be eventgrid"):
        require_uploads(
            read_subscriptions([function("polls", binding("blobTrigger", path="x/{name}", source=None))], {})
        )


def test_a_subscription_hears_of_its_types_its_apis_and_its_container_only() -> None:
    written, gone = Change("a", FILE, is_deletion=False), Change("a", FILE, is_deletion=True)
    blobs = Subscription("f", "blobs", (CREATED,), FINISHED_WRITES, HERE)
    assert blobs.wants(written, HERE)
    assert not blobs.wants(gone, HERE)
    assert not blobs.wants(written, Place("AzureWebJobsStorage", "other"))
    assert not Subscription("f", "blobs", (CREATED,), ("FlushWithClose",), HERE).wants(written, HERE)
    assert Subscription("g", "eventgrid", TAKING_AWAY).wants(gone, Place("S", "other"))


def test_only_calls_that_finish_a_blob_count_as_written() -> None:
    assert set(FINISHED_WRITES).isdisjoint({"CreateFile", "SftpCreate", "SftpWrite"})


def drawn(faults: Faults, count: int, seed: int = 1) -> list[tuple[float, ...]]:
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    return [faults.delays(random) for _ in range(count)]


def test_faults_are_as_likely_as_they_are_asked_for_and_the_same_for_the_same_seed() -> None:
    faults = Faults.parse("duplicate=0.5,reorder=0.2,lose=0.1")
    many = drawn(faults, 4000)
    assert many == drawn(faults, 4000) != drawn(faults, 4000, seed=2)
    assert [sum(len(delays) == times for delays in many) for times in range(3)] == pytest.approx(
        [400, 1800, 1800], rel=0.1
    )
    late = [delay for delays in many for delay in delays if delay]
    assert len(late) == pytest.approx(0.2 * 5400, rel=0.1)
    assert 0.9 * LONGEST_DELAY_S < max(late) <= LONGEST_DELAY_S


def test_without_faults_every_event_is_delivered_once_and_at_once() -> None:
    assert drawn(Faults(), 3) == [(0.0,)] * 3
    assert Faults.parse(str(Faults(0.5, 1.0, 0.25))) == Faults(0.5, 1.0, 0.25)


@pytest.mark.parametrize("text", ["lose", "lose=2", "lose=nan", "lose=x", "hide=0.1", "lose=0.1 duplicate=0.2"])
def test_faults_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected duplicate, reorder, lose, each with a number from 0 to 1"):
        Faults.parse(text)
