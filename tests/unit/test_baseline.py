from shared.sync.baseline import Baseline, NotSent
from tests.unit.memory import make_manifest

FIRST = make_manifest(0, 1, 2, listed=100)


def brought(baseline: Baseline) -> dict[str, str | None]:
    return {name[-4:-3]: version.brought_by for name, version in baseline.contents.items()}


def test_a_file_keeps_the_sync_that_brought_its_version() -> None:
    baseline = Baseline().after(FIRST, "sync-1")
    assert brought(baseline) == {"0": "sync-1", "1": "sync-1", "2": "sync-1"}
    grown = baseline.after(make_manifest(0, 1, 2, 150, listed=200), "sync-2")
    assert brought(grown) == brought(baseline) | {"3": "sync-2"}
    assert grown.syncs == {"sync-1": FIRST.listed_at, "sync-2": make_manifest(listed=200).listed_at}


def test_a_changed_file_moves_to_the_sync_that_changed_it_and_a_removed_one_leaves() -> None:
    baseline = Baseline().after(FIRST, "sync-1").after(make_manifest(0, 1, listed=200, content="v2"), "sync-2")
    assert brought(baseline) == {"0": "sync-2", "1": "sync-2"}
    assert list(baseline.syncs) == ["sync-2"]
    assert list(baseline.removed) == ["airflow/dags/dag_2.py"]


def test_a_sync_that_changed_nothing_brought_nothing() -> None:
    baseline = Baseline().after(FIRST, "sync-1")
    again = baseline.after(FIRST, "sync-2")
    assert (again.contents, again.syncs) == (baseline.contents, baseline.syncs)


def test_a_file_whose_sync_is_not_known_has_no_origin() -> None:
    baseline = Baseline().after(FIRST, "sync-1").model_copy(update={"syncs": {}})
    assert baseline.origin_of("airflow/dags/dag_0.py") is None
    assert baseline.origin_of("airflow/dags/none.py") is None


def test_what_could_not_be_sent_is_not_renewed_into_what_the_target_has() -> None:
    baseline = Baseline().after(FIRST, "sync-1")
    changed = make_manifest(0, 1, 2, listed=200, content="v2")
    first = changed.files[0]
    refused = baseline.model_copy(
        update={"not_sent": {first.name: NotSent(content=first.content, sentence="too large")}}
    )
    assert refused.renewed(changed).contents[first.name] == baseline.contents[first.name]
