"""`python -m benchmarks.history`: a page of 1,000 syncs out of a long history, against reading the records themselves.

The records are in Azurite; the page is the whole answer of the routes API, without the host.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from azure.storage.blob import BlobServiceClient
from rich.console import Console
from rich.table import Table

from benchmarks.storage import running_azurite
from shared.api.routes.syncs import LONGEST_PAGE, HistoryQuery
from shared.api.routes.views import SyncPage
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments
from shared.sync.history import SUMMARIES, CallMade, Changes, History, Names, SyncRecord, SyncSummary, new_sync_id

ROUTE = "default"
ROUNDS = 5
NAMES = tuple(f"airflow/dags/team_{n}/some_dag_{n}.py" for n in range(20))
CHANGES = Changes(added=Names.of(NAMES[:2]), changed=Names.of(NAMES), removed=Names.of(()))
CALLS = tuple(CallMade(operation=name, status=202, request_id="x" * 36) for name in ("get environment", "airflow/sync"))


def main() -> None:
    """Fill a history, look at it a few times, print medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[1000, 5000], help="default: 1000 5000")
    counts = parser.parse_args().records
    with running_azurite() as azurite:
        service = BlobServiceClient.from_connection_string(azurite.connection_string, raw_response_hook=note_date)
        for count in counts:
            container = service.create_container(f"history-{count}")
            _measure(BlobDocuments(container, recalled=(SUMMARIES,)), count)


def _measure(documents: BlobDocuments, count: int) -> None:
    records = History(documents)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: _store(documents, n), range(count)))
    started = time.perf_counter()
    while len(records.summaries(ROUTE)) < count:
        records.prune(ROUTE, keep=count, age=timedelta(days=10_000))
    made_in = time.perf_counter() - started
    table = Table("step", "ms", "against the page", title=f"{count:,} records, medians of {ROUNDS}")
    page = _row(table, "page of 1,000, summaries in one document", lambda: _page(records.summaries(ROUTE)))
    deep = records.summaries(ROUTE)[-1001 if count > LONGEST_PAGE else 0].sync_id
    _row(table, "the last page", lambda: _page(records.summaries(ROUTE), deep), page)
    _row(table, "1,000 records, one by one", lambda: _read_each(records, 1), page)
    _row(table, "1,000 records, eight at once", lambda: _read_each(records, 8), page)
    _row(table, "a sync's record and its summary", lambda: records.write(_record(count)), page)
    Console().print(table, f"summaries made from the records in {made_in:.1f} s", end="\n\n")


def _page(summaries: list[SyncSummary], after: str = "") -> str:
    page, _ = HistoryQuery(limit=LONGEST_PAGE, after=after).page(summaries)
    return SyncPage(value=page, next_link=None).model_dump_json()


def _read_each(records: History, at_once: int) -> None:
    ids = [sync_id for sync_id, _ in zip(records.ids(ROUTE), range(LONGEST_PAGE), strict=False)]
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda sync_id: records.read(ROUTE, sync_id), ids))


def _record(place: int) -> SyncRecord:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=place)
    return SyncRecord(
        sync_id=new_sync_id(at),
        route=ROUTE,
        outcome="accepted",
        trigger="Changed",
        revision="sha256:" + "0" * 64,
        started_at=at,
        finished_at=at,
        changes=CHANGES,
        calls=CALLS,
    )


def _store(documents: BlobDocuments, place: int) -> None:
    """Store a record without its summary, as they were before there were summaries."""
    record = _record(place)
    documents.write(f"records/{ROUTE}/{record.sync_id}.json", record.model_dump_json(indent=1).encode(), None)


def _row(table: Table, step: str, run: Callable[[], object], page: float | None = None) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    median = statistics.median(taken)
    table.add_row(step, f"{median * 1000:.1f}", f"{median / page:.1f} x" if page else "")
    return median


if __name__ == "__main__":
    main()
