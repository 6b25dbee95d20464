"""The history on a real storage: thousands of syncs, pages of a thousand, two writers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from azure.storage.blob import BlobServiceClient

from shared.api.routes.syncs import HistoryQuery
from shared.storage.documents import BlobDocuments, Document
from shared.sync.history import History, Summaries, SyncRecord, new_sync_id
from tests.unit.memory import NOON


class CountedDocuments(BlobDocuments):
    """Counts how often storage is read."""

    reads = 0

    def read(self, name: str) -> Document:
        self.reads += 1
        return super().read(name)


@pytest.fixture
def documents(blobs: BlobServiceClient) -> CountedDocuments:
    return CountedDocuments(blobs.get_container_client("dag-relay"))


def record_of(minutes: int) -> SyncRecord:
    at = NOON + timedelta(minutes=minutes)
    outcome = "failed" if minutes % 10 == 0 else "accepted"
    return SyncRecord(sync_id=new_sync_id(at), route="default", outcome=outcome, trigger="Changed", started_at=at)


def test_thousands_of_syncs_are_paged_with_one_read_a_page(documents: CountedDocuments) -> None:
    written = [record_of(minutes) for minutes in range(2500)]
    Summaries(documents).correct("default", {}, [record.summary() for record in written], gone=())
    records = History(documents)
    seen: list[str] = []
    reads, more = documents.reads, True
    while more:
        after = seen[-1] if seen else ""
        page, more = HistoryQuery(limit=1000, after=after).page(records.summaries("default"))
        seen += [sync.sync_id for sync in page]
    assert seen == [record.sync_id for record in reversed(written)]
    assert documents.reads - reads == 3
    failed, more = HistoryQuery(limit=1000, outcome="failed").page(records.summaries("default"))
    assert (len(failed), more) == (250, False)


def test_workers_that_write_at_once_lose_no_summary(documents: CountedDocuments) -> None:
    written = [record_of(minutes) for minutes in range(4)]
    records = History(documents)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(records.write, written))
    listed = [summary.sync_id for summary in records.summaries("default")]
    assert listed == list(records.ids("default")) == [record.sync_id for record in reversed(written)]


def test_a_history_from_before_there_were_summaries_is_listed_after_a_sweep(documents: CountedDocuments) -> None:
    for record in (record_of(minutes) for minutes in range(20)):
        documents.write(f"records/default/{record.sync_id}.json", record.model_dump_json().encode(), None)
    records = History(documents)
    assert records.summaries("default") == []
    records.prune("default", keep=15, age=timedelta(days=10_000))
    assert [summary.sync_id for summary in records.summaries("default")] == list(records.ids("default"))
    assert len(records.summaries("default")) == 15
