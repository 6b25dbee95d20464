import json

from shared.sync.baseline import Baseline
from tests.unit.memory import make_manifest

FIRST = make_manifest(0, 1, 2, listed=100)


def origins(baseline: Baseline) -> dict[str, list[str]]:
    return {origin.sync_id: [name[-4:-3] for name in origin.names] for origin in baseline.origins}


def test_a_file_keeps_the_sync_that_brought_its_version() -> None:
    baseline = Baseline().after(FIRST, "sync-1")
    assert origins(baseline) == {"sync-1": ["0", "1", "2"]}
    grown = baseline.after(make_manifest(0, 1, 2, 150, listed=200), "sync-2")
    assert origins(grown) == {"sync-1": ["0", "1", "2"], "sync-2": ["3"]}


def test_a_changed_file_moves_to_the_sync_that_changed_it_and_a_removed_one_leaves() -> None:
    baseline = Baseline().after(FIRST, "sync-1").after(make_manifest(0, 1, listed=200, content="v2"), "sync-2")
    assert origins(baseline) == {"sync-2": ["0", "1"]}
    assert list(baseline.removed) == ["airflow/dags/dag_2.py"]


def test_a_sync_that_changed_nothing_brought_nothing() -> None:
    baseline = Baseline().after(FIRST, "sync-1")
    assert origins(baseline.after(FIRST, "sync-2")) == origins(baseline)


def test_a_baseline_from_before_there_were_origins_is_read() -> None:
    stored = json.dumps({"contents": {"airflow/dags/dag_0.py": "md5:v1-0"}, "removed": {}})
    baseline = Baseline.model_validate_json(stored)
    assert baseline.origin_of("airflow/dags/dag_0.py") is None
    after = baseline.after(make_manifest(0, 1, listed=100), "sync-2")
    assert origins(after) == {"sync-2": ["1"]}


def test_ten_thousand_files_cost_little_more_than_their_names_again() -> None:
    manifest = make_manifest(*range(10_000), listed=20_000)
    baseline = Baseline().after(manifest, "sync-1")
    without = baseline.model_copy(update={"origins": ()})
    names = sum(len(file.name) + 3 for file in manifest.files)
    assert len(baseline.model_dump_json()) - len(without.model_dump_json()) < names + 200
