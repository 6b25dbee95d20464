"""The list of routes in a blob of the app's own storage."""

import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite
from local.ports import free_ports
from shared.errors import SettingsError
from shared.routes_blob import routes_in_blob

LIST = '[{"name": "ü"}]'


@pytest.fixture(autouse=True)
def own_storage(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", azurite.connection_string)


def problem_of(place: str) -> str:
    with pytest.raises(SettingsError) as raised:
        routes_in_blob(place)
    (problem,) = raised.value.problems
    return problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["routes.json", "relay/all routes.json"])
def test_the_text_of_the_blob_is_read(blobs: BlobServiceClient, name: str, encoding: str) -> None:
    blobs.create_container("settings").upload_blob(name, LIST.encode(encoding))
    assert routes_in_blob(f"settings/{name}") == LIST


def test_a_blob_or_a_container_that_is_not_there_is_told(blobs: BlobServiceClient) -> None:
    blobs.create_container("settings")
    told = "RELAY_ROUTES_BLOB: there is no such blob in the app's own storage, AzureWebJobsStorage"
    assert problem_of("settings/routes.json") == f"{told} (BlobNotFound)"
    assert problem_of("nowhere/routes.json") == f"{told} (ContainerNotFound)"


@pytest.mark.parametrize("place", ["routes.json", "settings/", "/routes.json"])
def test_what_is_no_container_and_name_is_told(place: str) -> None:
    assert problem_of(place) == "RELAY_ROUTES_BLOB: expected container/name of a blob in the app's own storage"


def test_what_is_no_text_and_what_is_too_much_is_told(blobs: BlobServiceClient) -> None:
    container = blobs.create_container("settings")
    container.upload_blob("utf-16.json", LIST.encode("utf-16"))
    container.upload_blob("large.json", b" " * (4 * 1024 * 1024 + 1))
    container.upload_blob("empty.json", b"")
    assert problem_of("settings/utf-16.json") == "RELAY_ROUTES_BLOB: expected a JSON list of routes in UTF-8"
    assert problem_of("settings/large.json") == "RELAY_ROUTES_BLOB: expected a blob of at most 4,194,304 bytes"
    assert routes_in_blob("settings/empty.json") == ""


def test_a_storage_that_does_not_answer_is_told_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AzureWebJobsStorage",
        f"AccountName=x;AccountKey=aGVsbG8=;BlobEndpoint=http://127.0.0.1:{free_ports(1)}/x;",
    )
    problem = problem_of("settings/routes.json")
    assert problem.startswith("RELAY_ROUTES_BLOB: the blob could not be read from the app's own storage")
    assert "(ServiceRequestError)" in problem
    assert "aGVsbG8" not in problem


def test_a_storage_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AzureWebJobsStorage")
    assert problem_of("settings/routes.json").startswith("AzureWebJobsStorage: expected a connection string")
