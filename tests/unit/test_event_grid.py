"""What an event of Event Grid is taken for; events as in docs, event-schema-blob-storage."""

import logging
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest
from azure.functions.meta import Datum

from shared.route import Route
from shared.triggers.storage_events import StorageEvent, routes_hinted_at
from tests.unit.memory import make_route
from tests.unit.world import World

ROUTE = make_route("a", folder="files/airflow")
ROUTES = (ROUTE, make_route("b", folder="files/other"), make_route("c", folder="more-files/airflow"))
TOPIC = "/subscriptions/s/resourceGroups/Storage/providers/Microsoft.Storage/storageAccounts/"
RENAMED = {"sourceUrl": "https://acct1.dfs.core.windows.net/files/airflow/dags/old%20name.py"}


def event(
    name: str = "airflow/dags/x.py", what: str = "BlobDeleted", *, container: str = "files", **changes: object
) -> StorageEvent:
    subject = f"/blobServices/default/containers/{container}/blobs/{name}"
    return replace(StorageEvent(f"Microsoft.Storage.{what}", f"{TOPIC}acct1", subject, {}), **changes)


def hinted(found: StorageEvent, routes: tuple[Route, ...] = ROUTES, account: str | None = "acct1") -> list[str]:
    return [route.name for route in routes_hinted_at(found, routes, lambda _: account)]


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (event(), ["a"]),
        (event("other/requirements.txt"), ["b"]),
        (event(container="more-files"), ["c"]),
        (event("airflow/dags/x.py", "BlobCreated"), ["a"]),
        (event("airflow/dags/with%20space.py"), ["a"]),
        (event("airflow/dags/100%.py"), ["a"]),
        (event("airflow/dags", "DirectoryDeleted"), ["a"]),
        (event("airflow/dags/team/", "DirectoryDeleted"), ["a"]),
        (event("airflow", "DirectoryDeleted"), ["a"]),
        (event("elsewhere/x.py", "BlobRenamed", data=RENAMED), ["a"]),
        (event("other/dags/x.py", "BlobRenamed", data=RENAMED), ["a", "b"]),
        (event(subject="blobServices/default/containers/files/blobs/airflow/dags/x.py"), ["a"]),
        (event(source=f"{TOPIC}Acct1"), ["a"]),
    ],
)
def test_an_event_hints_at_the_routes_whose_files_it_may_have_touched(found: StorageEvent, names: list[str]) -> None:
    assert hinted(found) == names


@pytest.mark.parametrize(
    "found",
    [
        event(container="strangers"),
        event("airflow/readme.md"),
        event("airflow/dags/draft.py~"),
        event("airflow-2/dags/x.py"),
        event("airflow/data", "DirectoryDeleted"),
        event("air", "DirectoryDeleted"),
        event(source=f"{TOPIC}stranger"),
    ],
)
def test_an_event_about_anything_else_hints_at_nothing_and_is_one_line_in_the_log(
    found: StorageEvent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert hinted(found) == []
    (line,) = caplog.messages
    assert line.startswith("an event of Event Grid is about no route's files: account 'acct1'") == (
        "stranger" not in str(found.source)
    )


def test_routes_of_another_account_are_not_hinted_at_unless_their_account_is_not_to_be_told() -> None:
    assert hinted(event(), account="acct2") == []
    assert hinted(event(), account=None) == ["a"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (event(what="BlobTierChanged"), "expected the type Microsoft.Storage.BlobCreated"),
        (event(type=None), "expected a text as type, got None"),
        (event(type=["x"]), "expected a text as type"),
        (event(subject=None), "expected a text as subject, got None"),
        (event(subject="airflow/dags/x.py"), "expected /blobServices/default/containers"),
        (event(subject="/blobServices/default/containers/files/blobs/"), "expected /blobServices/default/containers"),
        (event(source=None), "expected a text as topic or source"),
        (event(source="https://example.com"), "expected the ARM id of a storage account"),
        (event(subject="x" * 5000 + "\nforged line"), "expected /blobServices/default/containers"),
    ],
)
def test_an_event_that_cannot_be_read_is_ignored_with_one_line_that_says_what_was_expected(
    found: StorageEvent, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="shared.triggers.storage_events")
    assert hinted(found) == []
    (line,) = caplog.messages
    assert expected in line
    assert "\n" not in line
    assert len(line) < 600


@pytest.mark.parametrize("data", [None, 5, [], {"sourceUrl": 5}, {"sourceUrl": "no url"}])
def test_data_that_is_not_what_it_should_be_does_no_harm(data: object) -> None:
    assert hinted(event(data=data)) == ["a"]


def test_a_url_that_cannot_be_read_makes_the_event_unusable() -> None:
    assert hinted(event(data={"sourceUrl": "//["})) == []


def decoded(body: str) -> Any:  # noqa: ANN401 - either event class
    from azure.functions.eventgrid import EventGridEventInConverter  # noqa: PLC0415 - loaded by the worker, too

    return EventGridEventInConverter.decode(Datum(body, "json"), trigger_metadata={})


def test_both_schemas_are_read_alike() -> None:
    subject = (
        '"subject": "/blobServices/default/containers/files/blobs/airflow/dags/x.py", "data": {"api": "DeleteBlob"}'
    )
    grid = decoded(f'{{"eventType": "Microsoft.Storage.BlobDeleted", "topic": "{TOPIC}acct1", {subject}}}')
    cloud = decoded(
        f'{{"specversion": "1.0", "type": "Microsoft.Storage.BlobDeleted", "source": "{TOPIC}acct1", {subject}}}'
    )
    assert isinstance(grid, func.EventGridEvent)
    assert isinstance(cloud, func.CloudEvent)
    assert StorageEvent.of(grid) == StorageEvent.of(cloud) == event(data={"api": "DeleteBlob"})


def test_an_event_without_any_field_is_ignored() -> None:
    assert hinted(StorageEvent.of(decoded("{}"))) == []


def test_an_event_that_is_replayed_1000_times_in_any_order_arms_one_wake_up() -> None:
    world = World()
    for n in range(1000):
        for route in routes_hinted_at(event(f"airflow/dags/dag_{-n % 7}.py"), ROUTES, lambda _: "acct1"):
            world.wake_ups.notice(route)
    assert len(world.queue.sent) == 1
    assert world.documents.requests < 5
