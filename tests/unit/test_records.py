from datetime import timedelta

import pytest

from shared.relay.records import Names, Records, SyncRecord, new_sync_id
from tests.unit.memory import NOON, Clock, MemoryDocuments


@pytest.fixture
def records() -> Records:
    return Records(MemoryDocuments(Clock()))


def record_of(seconds: float, route: str = "default") -> SyncRecord:
    at = NOON + timedelta(seconds=seconds)
    return SyncRecord(sync_id=new_sync_id(at), route=route, outcome="accepted", trigger="Changed", started_at=at)


def test_records_come_back_newest_first(records: Records) -> None:
    written = [record_of(seconds) for seconds in (5, 1, 9, 3)]
    for record in written:
        records.write(record)
    newest_first = sorted(written, key=lambda record: record.started_at, reverse=True)
    assert list(records.ids("default")) == [record.sync_id for record in newest_first]
    assert records.read("default", newest_first[0].sync_id) == newest_first[0]


def test_each_route_has_a_history_of_its_own(records: Records) -> None:
    records.write(record_of(1, "default-2"))
    assert list(records.ids("default")) == []


def test_a_record_can_be_written_again_when_more_is_known(records: Records) -> None:
    record = record_of(1)
    records.write(record)
    records.write(record.model_copy(update={"outcome": "succeeded"}))
    found = records.read("default", record.sync_id)
    assert found
    assert found.outcome == "succeeded"


def test_an_unreadable_or_missing_record_is_none(records: Records) -> None:
    assert records.read("default", "nothing") is None


def test_only_the_newest_are_kept(records: Records) -> None:
    for seconds in range(-10, 0):
        records.write(record_of(seconds))
    newest = list(records.ids("default"))[:4]
    assert records.prune("default", keep=4, days=90) == 6
    assert list(records.ids("default")) == newest


def test_only_the_young_are_kept(records: Records) -> None:
    for days in (1, 89, 91, 400):
        records.write(record_of(-days * 86400))
    assert records.prune("default", keep=1000, days=90) == 2
    assert len(list(records.ids("default"))) == 2


def test_a_poison_message_leaves_a_record(records: Records) -> None:
    records.note_poison("default")
    (sync_id,) = records.ids("default")
    record = records.read("default", sync_id)
    assert record
    assert (record.outcome, record.trigger) == ("poison", "PoisonMessage")


def test_a_long_list_of_names_is_counted_and_cut() -> None:
    names = Names.of(tuple(f"{n:03}" for n in range(250)))
    assert (names.count, len(names.first)) == (250, 100)
