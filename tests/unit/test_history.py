from datetime import timedelta

import pytest

from shared.errors import StateConflict
from shared.storage.documents import Document
from shared.sync.history import Changes, History, Names, Summaries, SyncRecord, new_sync_id
from tests.unit.memory import NOON, Clock, MemoryDocuments


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments(Clock())


@pytest.fixture
def records(documents: MemoryDocuments) -> History:
    return History(documents)


def record_of(seconds: float, route: str = "default") -> SyncRecord:
    at = NOON + timedelta(seconds=seconds)
    return SyncRecord(sync_id=new_sync_id(at), route=route, outcome="accepted", trigger="Changed", started_at=at)


def test_records_come_back_newest_first(records: History) -> None:
    written = [record_of(seconds) for seconds in (5, 1, 9, 3)]
    for record in written:
        records.write(record)
    newest_first = sorted(written, key=lambda record: record.started_at, reverse=True)
    assert list(records.ids("default")) == [record.sync_id for record in newest_first]
    assert records.read("default", newest_first[0].sync_id) == newest_first[0]


def test_each_route_has_a_history_of_its_own(records: History) -> None:
    records.write(record_of(1, "default-2"))
    assert list(records.ids("default")) == []


def test_a_record_can_be_written_again_when_more_is_known(records: History) -> None:
    record = record_of(1)
    records.write(record)
    records.write(record.model_copy(update={"outcome": "succeeded"}))
    found = records.read("default", record.sync_id)
    assert found
    assert found.outcome == "succeeded"


def test_an_unreadable_or_missing_record_is_none(records: History) -> None:
    assert records.read("default", "nothing") is None


def test_only_the_newest_are_kept(records: History) -> None:
    for seconds in range(-10, 0):
        records.write(record_of(seconds))
    newest = list(records.ids("default"))[:4]
    assert records.prune("default", keep=4, age=timedelta(days=90)) == 6
    assert list(records.ids("default")) == newest


def test_only_the_young_are_kept(records: History) -> None:
    for days in (1, 89, 91, 400):
        records.write(record_of(-days * 86400))
    assert records.prune("default", keep=1000, age=timedelta(days=90)) == 2
    assert len(list(records.ids("default"))) == 2


def test_a_poison_message_leaves_a_record(records: History) -> None:
    records.note_poison("default")
    (sync_id,) = records.ids("default")
    record = records.read("default", sync_id)
    assert record
    assert (record.outcome, record.trigger) == ("poison", "PoisonMessage")


def test_a_long_list_of_names_is_counted_and_cut() -> None:
    names = Names.of(tuple(f"{n:03}" for n in range(250)))
    assert (names.count, len(names.first)) == (250, 100)


def indexed(documents: MemoryDocuments) -> dict[str, str]:
    return {each.sync_id: each.outcome for each in History(documents).summaries("default")}


def test_the_list_of_many_records_is_one_request_newest_first(records: History, documents: MemoryDocuments) -> None:
    for seconds in (5, 1, 9, 3):
        records.write(record_of(seconds))
    before = documents.requests
    listed = [summary.sync_id for summary in records.summaries("default")]
    assert documents.requests - before == 1
    assert listed == list(records.ids("default"))


def test_a_record_that_ends_ends_in_the_list_too(records: History, documents: MemoryDocuments) -> None:
    record = record_of(1).model_copy(update={"outcome": "running"})
    records.write(record)
    records.write(record.model_copy(update={"outcome": "succeeded"}))
    assert indexed(documents) == {record.sync_id: "succeeded"}


def test_what_a_crash_kept_from_the_list_is_added_by_the_sweep(records: History, documents: MemoryDocuments) -> None:
    records.write(record_of(-1))
    before = documents.stored["summaries/default.json"]
    lost = record_of(-2)
    records.write(lost)
    documents.stored["summaries/default.json"] = before
    assert lost.sync_id not in indexed(documents)
    records.prune("default", keep=1000, age=timedelta(days=90))
    assert list(indexed(documents)) == list(records.ids("default"))


def test_a_sync_whose_end_a_crash_kept_from_the_list_ends_with_the_sweep(
    records: History, documents: MemoryDocuments
) -> None:
    record = record_of(-1).model_copy(update={"outcome": "running"})
    records.write(record)
    before = documents.stored["summaries/default.json"]
    records.write(record.model_copy(update={"outcome": "succeeded"}))
    documents.stored["summaries/default.json"] = before
    records.prune("default", keep=1000, age=timedelta(days=90))
    assert indexed(documents) == {record.sync_id: "succeeded"}


@pytest.mark.parametrize("content", [None, b"{", b'{"version": 2}'])
def test_a_list_that_is_gone_or_unreadable_is_made_again(
    records: History, documents: MemoryDocuments, content: bytes | None
) -> None:
    for seconds in range(-10, 0):
        records.write(record_of(seconds))
    documents.stored.pop("summaries/default.json")
    if content is not None:
        documents.stored["summaries/default.json"] = (content, "etag")
    assert indexed(documents) == {}
    records.prune("default", keep=1000, age=timedelta(days=90))
    assert list(indexed(documents)) == list(records.ids("default"))


def test_what_is_pruned_leaves_the_list(records: History, documents: MemoryDocuments) -> None:
    for seconds in range(-10, 0):
        records.write(record_of(seconds))
    records.prune("default", keep=4, age=timedelta(days=90))
    assert list(indexed(documents)) == list(records.ids("default"))


def test_a_sweep_of_a_list_that_is_right_writes_nothing(records: History, documents: MemoryDocuments) -> None:
    records.write(record_of(-1))
    before = dict(documents.stored)
    records.prune("default", keep=4, age=timedelta(days=90))
    assert documents.stored == before


def test_mending_does_not_undo_what_was_written_meanwhile(documents: MemoryDocuments) -> None:
    summaries = Summaries(documents)
    running = record_of(-1).model_copy(update={"outcome": "running"})
    summaries.note("default", running.summary())
    seen = summaries.read("default")
    summaries.note("default", running.model_copy(update={"outcome": "succeeded"}).summary())
    summaries.correct("default", seen, [running.model_copy(update={"code": "old"}).summary()], gone=())
    assert indexed(documents) == {running.sync_id: "succeeded"}


def test_a_list_that_others_keep_changing_stops_no_sync(
    records: History, documents: MemoryDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = documents.write

    def contested(name: str, content: bytes, etag: str | None) -> str:
        if name.startswith("summaries/"):
            raise StateConflict(name)
        return write(name, content, etag)

    monkeypatch.setattr(documents, "write", contested)
    record = record_of(-1)
    records.write(record)
    assert records.read("default", record.sync_id) == record


def test_a_summary_is_short_whatever_the_record_holds() -> None:
    names = Names.of(tuple("x" * 900 if n == 0 else f"{n:03}" for n in range(250)))
    record = record_of(1).model_copy(
        update={"changes": Changes(added=names, changed=names, removed=names), "message": "m" * 9000}
    )
    summary = record.summary()
    assert summary.changes
    assert (summary.changes.added.count, summary.changes.added.first) == (250, ("001", "002", "003"))
    assert len(summary.model_dump_json()) < 2000


def test_the_longest_history_keeps_all(records: History) -> None:
    for days in (1, 400, 5000):
        records.write(record_of(-days * 86400))
    assert records.prune("default", keep=10_000, age=timedelta(days=10_000)) == 0
    assert len(records.summaries("default")) == 3


def test_the_list_does_not_take_back_the_end_of_a_sync(documents: MemoryDocuments, records: History) -> None:
    running = record_of(1).model_copy(update={"outcome": "running"})
    records.write(running)
    recall = documents.recall

    def end_first(name: str) -> Document | None:
        """Another worker writes the end of the sync, once the first one has changed the record."""
        documents.recall = recall  # type: ignore[method-assign]
        records.amend(
            "default", running.sync_id, lambda known: known and known.model_copy(update={"outcome": "failed"})
        )
        return recall(name)

    documents.recall = end_first  # type: ignore[method-assign]
    records.amend("default", running.sync_id, lambda known: known and known.model_copy(update={"message": "found"}))
    [summary] = records.summaries("default")
    record = records.read("default", running.sync_id)
    assert record
    assert (record.outcome, record.message, summary.outcome) == ("failed", "found", "failed")
