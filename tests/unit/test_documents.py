"""One compare-and-swap loop, whatever it starts from; and what is kept of a document that is parsed."""

import pytest

from shared.errors import StateConflict
from shared.storage.documents import Document, StoredModel, update
from tests.unit.memory import Clock, MemoryDocuments

NAME = "a"


@pytest.fixture
def documents() -> MemoryDocuments:
    documents = MemoryDocuments(Clock())
    documents.replace(NAME, b"1")
    return documents


def appended(document: Document) -> tuple[bytes, bytes]:
    content = (document.content or b"") + b"+"
    return content, content


def left(document: Document) -> tuple[None, bytes | None]:
    return None, document.content


def recalled(documents: MemoryDocuments) -> Document:
    """Return what this process wrote last and another one has replaced since."""
    MemoryDocuments(documents.clock, documents.stored).replace(NAME, b"2")
    document = documents.recall(NAME)
    assert document
    assert document.content == b"1"
    return document


def test_a_change_of_the_latest_version_takes_one_request(documents: MemoryDocuments) -> None:
    before = documents.requests
    assert update(documents, NAME, appended, documents.recall(NAME)) == b"1+"
    assert documents.requests - before == 1


def test_a_change_of_an_earlier_version_is_made_again_on_the_latest(documents: MemoryDocuments) -> None:
    assert update(documents, NAME, appended, recalled(documents)) == b"2+"
    assert documents.read(NAME).content == b"2+"


def test_what_was_recalled_is_not_left_as_it_is_before_the_latest_was_seen(documents: MemoryDocuments) -> None:
    assert update(documents, NAME, left, recalled(documents)) == b"2"


def test_what_was_read_is_left_as_it_is_at_once(documents: MemoryDocuments) -> None:
    document = documents.read(NAME)
    before = documents.requests
    assert update(documents, NAME, left, document) == b"1"
    assert documents.requests == before


def test_too_many_concurrent_updates_are_an_error(documents: MemoryDocuments) -> None:
    def raced(document: Document) -> tuple[bytes, None]:
        documents.replace(NAME, (document.content or b"") + b"!")
        return b"", None

    with pytest.raises(StateConflict, match="too many concurrent updates"):
        update(documents, NAME, raced)


class _Version(StoredModel):
    etag: str


def test_of_a_parsed_document_no_value_stays_in_memory() -> None:
    first, second = (_Version.model_validate_json(b'{"etag": "0x1D7A48D9DB89FC0"}') for _ in range(2))
    assert first.etag is not second.etag
