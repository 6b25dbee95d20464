from dataclasses import replace
from datetime import timedelta

from tests.unit.memory import NOON, make_manifest

PAUSE = timedelta(seconds=6)


def test_the_same_files_give_the_same_revision_whenever_they_were_written() -> None:
    assert make_manifest(0, 1, listed=5).revision == make_manifest(90, 91, listed=99).revision


def test_a_changed_content_gives_another_revision() -> None:
    assert make_manifest(0, listed=5).revision != make_manifest(0, listed=5, content="v2").revision


def test_a_renamed_a_new_and_a_missing_file_each_give_another_revision() -> None:
    two = make_manifest(0, 1, listed=5)
    renamed = replace(two, files=(two.files[0], replace(two.files[1], name="airflow/dags/other.py")))
    revisions = {
        two.revision,
        renamed.revision,
        make_manifest(0, listed=5).revision,
        make_manifest(0, 1, 2, listed=5).revision,
    }
    assert len(revisions) == 4


def test_the_newest_file_says_when_the_folder_was_last_written() -> None:
    assert make_manifest(3, 8, 5, listed=9).newest == NOON + timedelta(seconds=8)


def test_a_burst_began_where_the_last_pause_ended() -> None:
    assert make_manifest(0, 100, 104, 109, listed=110).burst_start(PAUSE) == NOON + timedelta(seconds=100)


def test_a_single_old_file_is_a_burst_of_its_own() -> None:
    assert make_manifest(7, listed=500).burst_start(PAUSE) == NOON + timedelta(seconds=7)
