import os
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import StateConflict
from shared.storage.documents import BlobDocuments

NAME = "routes/default.json"


@pytest.fixture
def documents(blobs: BlobServiceClient) -> BlobDocuments:
    return BlobDocuments(blobs.get_container_client("dag-relay"), recalled=("routes/",))


def test_what_was_written_is_read_back_with_its_version(documents: BlobDocuments) -> None:
    etag = documents.write(NAME, b"one", None)
    document = documents.read(NAME)
    assert (document.content, document.etag) == (b"one", etag)


def test_a_document_that_does_not_exist_has_no_content_but_a_time(documents: BlobDocuments) -> None:
    document = documents.read(NAME)
    assert (document.content, document.etag) == (None, None)
    assert abs(datetime.now(UTC) - document.read_at) < timedelta(minutes=1)


def test_the_version_that_was_read_can_be_replaced_once(documents: BlobDocuments) -> None:
    etag = documents.write(NAME, b"one", None)
    documents.write(NAME, b"two", etag)
    with pytest.raises(StateConflict):
        documents.write(NAME, b"three", etag)
    assert documents.read(NAME).content == b"two"


def test_a_document_can_be_made_once(documents: BlobDocuments) -> None:
    documents.write(NAME, b"one", None)
    with pytest.raises(StateConflict):
        documents.write(NAME, b"two", None)


def test_a_document_is_replaced_whatever_version_there_is(documents: BlobDocuments) -> None:
    for content in (b"one", b"two"):
        documents.replace(NAME, content)
        assert documents.read(NAME).content == content


def test_a_process_recalls_what_it_wrote_last_and_no_more(documents: BlobDocuments, blobs: BlobServiceClient) -> None:
    etag = documents.write(NAME, b"one", None)
    BlobDocuments(blobs.get_container_client("dag-relay")).write(NAME, b"two", etag)
    recalled = documents.recall(NAME)
    assert recalled
    assert (recalled.content, recalled.etag, recalled.recalled) == (b"one", etag, True)
    assert abs(datetime.now(UTC) - recalled.read_at) < timedelta(minutes=1)
    assert documents.recall("routes/another.json") is None


def test_a_process_keeps_nothing_of_documents_that_are_not_to_be_recalled(documents: BlobDocuments) -> None:
    documents.write("records/one.json", b"one", None)
    assert documents.recall("records/one.json") is None


def test_a_process_recalls_small_documents_and_not_too_many(documents: BlobDocuments) -> None:
    content = b"x" * 200_000
    for n in range(60):
        documents.replace(f"routes/{n}.json", content)
    documents.replace("routes/59.json", b"x" * 300_000)
    assert [n for n in range(60) if documents.recall(f"routes/{n}.json")] == list(range(19, 59))


def test_a_document_that_is_gone_cannot_be_replaced(documents: BlobDocuments, blobs: BlobServiceClient) -> None:
    etag = documents.write(NAME, b"one", None)
    blobs.get_blob_client("dag-relay", NAME).delete_blob()
    with pytest.raises(StateConflict):
        documents.write(NAME, b"two", etag)


def test_documents_are_told_apart_by_when_they_were_written(documents: BlobDocuments) -> None:
    assert list(documents.unchanged_since("routes/", datetime.now(UTC))) == []
    documents.write(NAME, b"one", None)
    written = documents.read(NAME).read_at
    assert list(documents.unchanged_since("routes/", written - timedelta(minutes=1))) == []
    assert list(documents.unchanged_since("routes/", written + timedelta(minutes=1))) == [NAME]
    assert list(documents.unchanged_since("records/", written + timedelta(minutes=1))) == []


def test_a_document_that_was_written_after_a_moment_is_not_deleted_as_an_older_one(documents: BlobDocuments) -> None:
    documents.write(NAME, b"one", None)
    written = documents.read(NAME).read_at
    documents.delete(NAME, unchanged_since=written - timedelta(minutes=1))
    assert documents.read(NAME).content == b"one"
    for _ in range(2):
        documents.delete(NAME, unchanged_since=written + timedelta(minutes=1))
    assert documents.read(NAME).content is None


def test_a_document_that_another_worker_made_together_with_the_container_is_a_conflict(
    blobs: BlobServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = blobs.get_container_client("dag-relay")
    late, create = BlobDocuments(container), container.create_container

    def create_second() -> None:
        BlobDocuments(blobs.get_container_client("dag-relay")).write(NAME, b"theirs", None)
        create()

    monkeypatch.setattr(container, "create_container", create_second)
    with pytest.raises(StateConflict):
        late.write(NAME, b"ours", None)
    assert late.read(NAME).content == b"theirs"


def test_many_documents_come_with_one_listing_also_those_too_large_for_it(container: ContainerClient) -> None:
    documents = BlobDocuments(container, listed="routes/")
    contents = {"routes/small.json": b"{}", "routes/large.json": os.urandom(20_000)}
    etags = {name: documents.write(name, content, None) for name, content in contents.items()}
    documents.write("others/a.json", b"1", None)
    BlobDocuments(container).write("routes/of-an-older-version.json", b"2", None)
    found = documents.read_all("routes/")
    assert {name: each.content for name, each in found.items()} == contents | {"routes/of-an-older-version.json": b"2"}
    assert {name: found[name].etag for name in contents} == etags
    documents.write("routes/small.json", b"[]", found["routes/small.json"].etag)
    assert documents.read_all("routes/")["routes/small.json"].content == b"[]"


def test_there_are_no_documents_where_there_is_no_container(blobs: BlobServiceClient) -> None:
    assert BlobDocuments(blobs.get_container_client("nowhere")).read_all("routes/") == {}
