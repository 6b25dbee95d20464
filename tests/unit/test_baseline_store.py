import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sync.baseline import Baseline, FileVersion
from shared.sync.baseline_store import Baselines
from tests.unit.memory import Clock, MemoryDocuments, make_manifest, make_route

ROUTE = make_route()
OWN, STAGED = "baselines/default.json", "baselines/default.staged.json"
HOUR = 3600.0


@pytest.fixture
def documents() -> MemoryDocuments:
    return MemoryDocuments(Clock())


def synced(baselines: Baselines, *written: float, listed: float, sync_id: str = "sync-1", content: str = "v1") -> None:
    manifest = make_manifest(*written, listed=listed, content=content)
    baselines.update(ROUTE, lambda before: before.after(manifest, sync_id, ROUTE.target))


def own_files(documents: MemoryDocuments, name: str = OWN) -> int:
    return len(json.loads(documents.stored[name][0])["contents"])


def bases(documents: MemoryDocuments) -> set[str]:
    return {name for name in documents.stored if name.startswith("baselines/default/")}


def test_a_small_folder_is_one_document(documents: MemoryDocuments) -> None:
    synced(Baselines(documents, most_changes=3), 0, 1, 2, listed=10)
    assert (own_files(documents), bases(documents)) == (3, set())


def test_one_changed_file_of_ten_thousand_writes_no_more_than_it(documents: MemoryDocuments) -> None:
    baselines, times = Baselines(documents), list(range(10_000))
    synced(baselines, *times, listed=10_000)
    base = bases(documents)
    before = {name: documents.stored[name] for name in base}
    synced(baselines, *times, 10_001, listed=20_000, sync_id="sync-2")
    assert own_files(documents) == 1
    assert len(documents.stored[OWN][0]) < 1500
    assert {name: documents.stored[name] for name in bases(documents)} == before
    assert len(baselines.read(ROUTE).contents) == 10_001


def test_a_change_reads_the_baseline_once_and_writes_one_document(documents: MemoryDocuments) -> None:
    baselines = Baselines(documents, most_changes=2)
    synced(baselines, 0, 1, 2, listed=10)
    before, loaded = documents.requests, baselines.load(ROUTE)
    manifest = make_manifest(0, 1, 2, 11, listed=20)
    baselines.update(ROUTE, lambda baseline: baseline.after(manifest, "sync-2", ROUTE.target), loaded)
    assert documents.requests - before == 3


@pytest.mark.parametrize("is_followed", [False, True])
def test_what_was_acknowledged_since_the_baseline_was_read_stays_so(
    documents: MemoryDocuments, *, is_followed: bool
) -> None:
    baselines = Baselines(documents)
    synced(baselines, 0, 1, listed=10)
    synced(baselines, 0, listed=20, sync_id="sync-2")
    loaded, manifest = baselines.load(ROUTE), make_manifest(0, listed=30, content="v2")
    baselines.acknowledge_removed(ROUTE)
    write = baselines.stage if is_followed else baselines.update
    write(ROUTE, lambda baseline: baseline.after(manifest, "sync-3", ROUTE.target), loaded)
    baseline = baselines.read_staged(ROUTE) if is_followed else baselines.read(ROUTE)
    assert (baseline.sync_id, baseline.removed) == ("sync-3", {})


def test_a_file_that_is_gone_stays_gone_beside_its_base(documents: MemoryDocuments) -> None:
    baselines = Baselines(documents, most_changes=2)
    synced(baselines, 0, 1, 2, listed=10)
    synced(baselines, 0, 1, listed=20, sync_id="sync-2")
    assert sorted(baselines.read(ROUTE).contents) == ["airflow/dags/dag_0.py", "airflow/dags/dag_1.py"]
    assert list(baselines.read(ROUTE).removed) == ["airflow/dags/dag_2.py"]


def test_a_staged_baseline_of_a_large_folder_is_small_and_becomes_the_routes_own(documents: MemoryDocuments) -> None:
    baselines = Baselines(documents, most_changes=2)
    synced(baselines, 0, 1, 2, listed=10)
    manifest = make_manifest(0, 1, 2, 11, listed=20)
    baselines.stage(ROUTE, lambda before: before.after(manifest, "sync-2", ROUTE.target))
    assert (own_files(documents, STAGED), len(baselines.read(ROUTE).contents)) == (1, 3)
    staged = baselines.read_staged(ROUTE)
    assert baselines.confirm(ROUTE, "sync-2") == ({}, True)
    assert baselines.read(ROUTE) == staged
    assert len(staged.contents) == 4


def test_the_base_of_a_large_folder_is_read_once_in_a_sync_that_is_followed(documents: MemoryDocuments) -> None:
    baselines = Baselines(documents, most_changes=2)
    synced(baselines, 0, 1, 2, listed=10)
    (base,) = bases(documents)
    loaded = baselines.load(ROUTE)
    documents.delete(base)
    manifest = make_manifest(0, 1, listed=20)
    baselines.stage(ROUTE, lambda before: before.after(manifest, "sync-2", ROUTE.target), loaded)
    removed, is_this_syncs = baselines.confirm(ROUTE, "sync-2")
    assert (list(removed), is_this_syncs) == (["airflow/dags/dag_2.py"], True)


@pytest.mark.parametrize("staged", [None, "sync-1"])
def test_a_sync_that_was_not_staged_leaves_the_baseline_as_it_is(
    documents: MemoryDocuments, staged: str | None
) -> None:
    baselines = Baselines(documents)
    synced(baselines, 0, 1, listed=10)
    if staged:
        baselines.stage(ROUTE, lambda before: before.after(make_manifest(0, listed=5), staged, ROUTE.target))
    before = baselines.read(ROUTE)
    assert baselines.confirm(ROUTE, "sync-2") == (before.removed, False)
    assert baselines.read(ROUTE) == before


def test_bases_that_nothing_refers_to_are_deleted_with_time(documents: MemoryDocuments) -> None:
    baselines = Baselines(documents, most_changes=1)
    for n in range(5):
        documents.clock.seconds = 2 * n * HOUR
        synced(baselines, 0, 1, 2, listed=10 + n, sync_id=f"sync-{n}", content=f"v{n}")
    assert len(bases(documents)) == 2
    assert len(baselines.read(ROUTE).contents) == 3


def test_a_base_that_a_running_sync_refers_to_is_kept(documents: MemoryDocuments) -> None:
    baselines = Baselines(documents, most_changes=1)
    synced(baselines, 0, 1, 2, listed=10)
    baselines.stage(ROUTE, lambda before: before)
    for n in range(3):
        documents.clock.seconds = (n + 1) * 2 * HOUR
        synced(baselines, 0, 1, 2, listed=20 + n, content=f"w{n}")
    assert len(baselines.read_staged(ROUTE).contents) == 3


@pytest.mark.parametrize("lost", [OWN, "base"])
@pytest.mark.parametrize("left", [None, b"{", b'{"contents": 1}'])
def test_a_baseline_of_which_a_part_is_lost_is_as_good_as_none(
    documents: MemoryDocuments, lost: str, left: bytes | None
) -> None:
    baselines = Baselines(documents, most_changes=1)
    synced(baselines, 0, 1, 2, listed=10)
    name = bases(documents).pop() if lost == "base" else lost
    documents.delete(name)
    if left:
        documents.replace(name, left)
    assert baselines.read(ROUTE) == Baseline()
    synced(baselines, 0, 1, listed=20)
    assert len(baselines.read(ROUTE).contents) == 2


def test_what_was_synced_to_another_target_is_not_there(documents: MemoryDocuments) -> None:
    synced(Baselines(documents), 0, 1, listed=10)
    assert Baselines(documents).read(make_route(environment="another")) == Baseline()


def replaced(after: Baseline, _before: Baseline) -> Baseline:
    return after


versions = st.builds(FileVersion, content=st.sampled_from("abc"), size=st.integers(0, 2), new=st.booleans())
folders = st.dictionaries(st.sampled_from([f"f{n}" for n in range(8)]), versions)


@given(st.lists(folders, min_size=1, max_size=8), st.integers(0, 5))
def test_a_baseline_is_read_as_it_was_written_however_it_is_kept(
    contents: list[dict[str, FileVersion]], most: int
) -> None:
    baselines = Baselines(MemoryDocuments(Clock()), most_changes=most)
    for each in contents:
        expected = Baseline(contents=each)
        baselines.update(ROUTE, partial(replaced, expected))
        assert baselines.read(ROUTE) == expected
