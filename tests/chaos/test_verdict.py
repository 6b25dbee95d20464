from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.sync.state import Failure, Held, Pending, Requested, RouteState, RunningSync
from tests.chaos.verdict import Ending, Import, Version, differences, overlaps, two_writers, unsettled, verdict

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
HELD = Held(revision="r", reason="FolderEmpty", sentence="all files are gone", since=NOON)
REQUESTED = Requested(sync_id="s", force=False, at=NOON)
FAILURE = Failure(
    sync_id="s", revision="r", transient=True, count=2, at=NOON, next_attempt=NOON, code="NoAnswer", message="reset"
)
OPERATION = RunningSync(
    sync_id="s", revision="r", listed_at=NOON, files=1, handle="{}", next_poll=NOON, give_up_at=NOON
)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def version(md5: str, written: float, first_written: float | None = None) -> Version:
    return Version("dags/a.py", md5, after(written), after(written if first_written is None else first_written))


def an_import(started: float, finished: float, md5: str = "new", environment: str = "sample-2") -> Import:
    return Import(environment, after(started), after(finished), {"dags/a.py": md5})


def ending(last: Version, *imports: Import, state: RouteState | None = None, wake_ups: int = 0) -> Ending:
    return Ending((last,), imports, state or RouteState(), wake_ups)


def test_all_is_well_when_the_last_version_was_imported_and_nothing_is_left() -> None:
    assert verdict(ending(version("new", 10), an_import(5, 6, "old"), an_import(12.5, 13))) == []


def test_a_last_version_that_was_never_imported_is_a_violation() -> None:
    (sentence,) = verdict(ending(version("new", 10), an_import(12, 13, "old")))
    assert sentence.startswith("dags/a.py: its last version new, written at 12:00:10")


def test_a_file_that_no_import_has_is_a_violation() -> None:
    assert len(verdict(ending(version("new", 10), replace(an_import(12, 13), files={})))) == 1


def test_an_import_that_began_before_the_write_does_not_count() -> None:
    assert len(verdict(ending(version("new", 10), an_import(9.999999, 13)))) == 1


def test_an_import_that_began_in_the_second_of_the_write_counts() -> None:
    assert verdict(ending(version("new", 10), an_import(10.000001, 13))) == []


def test_an_import_that_failed_does_not_count() -> None:
    assert len(verdict(ending(version("new", 10), replace(an_import(12, 13), error="StorageUnreachable")))) == 1


def test_bytes_that_came_back_need_no_import_if_nothing_else_was_imported() -> None:
    came_back = version("first", 20, first_written=10)
    assert verdict(ending(came_back, an_import(12, 13, "first"))) == []


def test_bytes_that_came_back_need_an_import_if_something_else_was_imported() -> None:
    came_back = version("first", 20, first_written=10)
    assert len(verdict(ending(came_back, an_import(12, 13, "first"), an_import(16, 17, "second")))) == 1


def test_a_deleted_file_in_the_last_import_is_a_violation() -> None:
    with_both = {"dags/a.py": "new", "dags/gone.py": "x"}
    found = verdict(ending(version("new", 10), replace(an_import(12, 13), files=with_both)))
    assert found == ["dags/gone.py: it is gone, but in the last import"]


def test_a_deleted_file_in_an_earlier_import_is_none() -> None:
    with_both = {"dags/a.py": "old", "dags/gone.py": "x"}
    assert verdict(ending(version("new", 10), replace(an_import(5, 6), files=with_both), an_import(12, 13))) == []


def test_imports_of_one_environment_that_overlap_are_a_violation() -> None:
    (sentence,) = overlaps([an_import(12, 13), an_import(12.9, 14)])
    assert sentence.startswith("sample-2: the import of 12:00:12.900000 began while that of 12:00:12.000000 ran")


def test_an_import_inside_a_longer_one_is_found_behind_another() -> None:
    assert len(overlaps([an_import(10, 20), an_import(11, 12), an_import(15, 16)])) == 2


def test_imports_one_after_the_other_do_not_overlap() -> None:
    assert overlaps([an_import(13, 14), an_import(12, 13)]) == []


def test_imports_of_two_environments_may_overlap() -> None:
    assert overlaps([an_import(12, 13), an_import(12, 13, environment="other")]) == []


def test_overlaps_are_part_of_the_verdict_and_are_not_waited_for() -> None:
    overlapping = ending(version("new", 10), an_import(12, 13), an_import(12.5, 13))
    assert len(verdict(overlapping)) == 1
    assert unsettled(overlapping) == []


@pytest.mark.parametrize(
    ("left_over", "sentence"),
    [
        ({"pending": Pending(since=NOON, due=after(2))}, "a wake-up is armed since 12:00:00, due 12:00:02"),
        ({"burst_since": NOON}, "a burst is waited out since 12:00:00"),
        ({"failure": FAILURE}, "a failure is on record: NoAnswer, 2 in a row"),
        ({"held": HELD}, "a change is held: FolderEmpty"),
        ({"operation": OPERATION}, "a sync is followed until 12:00:00"),
        ({"requested": REQUESTED}, "a sync is asked for since 12:00:00"),
    ],
)
def test_what_is_left_in_the_state_is_a_violation(left_over: dict[str, object], sentence: str) -> None:
    state = RouteState().model_copy(update=left_over)
    assert verdict(ending(version("new", 10), an_import(12, 13), state=state)) == [sentence]


def test_a_wake_up_that_is_left_in_the_queue_is_a_violation() -> None:
    assert verdict(ending(version("new", 10), an_import(12, 13), wake_ups=2)) == ["2 wake-ups are in the queue"]


def test_a_job_that_is_the_folder_and_the_files_of_others_has_no_differences() -> None:
    assert list(differences({"dags/a.py": "1"}, {"dags/a.py": "1", "dags/t.py": "2"}, {"dags/t.py": "2"})) == []


def test_missing_other_and_left_over_files_of_a_job_are_differences() -> None:
    folder, foreign = {"dags/a.py": "1", "dags/b.py": "1"}, {"dags/theirs.py": "1"}
    found = list(differences(folder, {"dags/b.py": "2", "dags/c.py": "1"}, foreign))
    assert found == [
        "dags/a.py: the folder's file is missing in the job",
        "dags/b.py: the folder's file has MD5 1, the job has 2",
        "dags/c.py: it is in the job, though the folder does not have it",
        "dags/theirs.py: another client's file is missing in the job",
    ]


@pytest.mark.parametrize("calls", ["", "aaaa", "aaaabbbb", "aaaabaabbbb", "aabaaabbbccc", "bbaabbbb"])
def test_a_writer_that_is_taken_over_may_finish_the_calls_that_it_had_begun(calls: str) -> None:
    assert list(two_writers(calls, in_flight=2)) == []


@pytest.mark.parametrize("calls", ["aabababab", "bbbaaabbb", "aabbbaaaccbb"])
def test_writers_that_go_on_side_by_side_are_a_violation(calls: str) -> None:
    assert len(list(two_writers(calls, in_flight=2))) == 1
