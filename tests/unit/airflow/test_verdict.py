from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.airflow.evidence import Evidence, LoadedDag, LoadError
from shared.airflow.verdict import FileVerdict, ImportedDagFile, import_time, judge, path_below_dags, unproven

IMPORTED = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
BEFORE, AFTER, NOW = IMPORTED - timedelta(seconds=9), IMPORTED + timedelta(seconds=9), IMPORTED + timedelta(seconds=20)
SOURCE = "with DAG('etl'):\n    pass\n"
ETL = ImportedDagFile("etl.py", defines_dags=True, content=SOURCE.encode())
TRACE = 'Traceback:\n  File "/opt/airflow/dags/etl.py", line 1, in <module>\n    {}\nNameError: name is not defined\n'


def dag(location: str = "/opt/airflow/dags/etl.py", *, at: datetime | None = AFTER, active: bool = True) -> LoadedDag:
    return LoadedDag("etl", location, "", active, at, "key")


def error(quoted: str = "with DAG('etl'):", at: datetime | None = AFTER) -> LoadError:
    return LoadError("/opt/airflow/dags/etl.py", "", at, TRACE.format(quoted))


def seen(*found: LoadedDag | LoadError, source: str | None = SOURCE, asked: bool = True) -> Evidence:
    dags = tuple(one for one in found if isinstance(one, LoadedDag))
    errors = tuple(one for one in found if isinstance(one, LoadError))
    return Evidence("2.10.5", NOW, dags, errors, {"etl": source} if asked else {})


def verdict(evidence: Evidence, file: ImportedDagFile = ETL, *, last_look: bool = False) -> FileVerdict:
    return judge([file], evidence, IMPORTED, last_look=last_look)[file.path]


def test_a_file_whose_source_airflow_has_stored_since_the_import_is_parsed() -> None:
    assert verdict(seen(dag())) == FileVerdict("Parsed", AFTER, ("etl",))


@pytest.mark.parametrize("content", [SOURCE.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + SOURCE.encode()])
def test_line_ends_and_byte_order_marks_make_no_other_source(content: bytes) -> None:
    assert verdict(seen(dag()), ImportedDagFile("etl.py", content=content)).state == "Parsed"


def test_an_old_file_that_was_parsed_again_is_no_success() -> None:
    evidence = seen(dag(), source="with DAG('old'):\n    pass\n")
    assert verdict(evidence).state == "Pending"
    last = verdict(evidence, last_look=True)
    assert (last.state, last.reason) == ("NotSeen", "Airflow still has another version of this file.")


def test_a_dag_whose_source_was_not_asked_for_yet_is_pending() -> None:
    assert verdict(seen(dag(), asked=False)).state == "Pending"
    assert list(unproven([ETL], seen(dag()), IMPORTED)) == [dag()]


@pytest.mark.parametrize("file", [ETL, ImportedDagFile("etl.py", content=None)])
def test_without_a_source_or_content_the_time_of_the_parse_decides(file: ImportedDagFile) -> None:
    assert verdict(seen(dag(), source=None), file).state == "Parsed"
    assert verdict(seen(dag(at=BEFORE), source=None), file).state == "Pending"


def test_a_parse_before_the_import_is_no_evidence() -> None:
    assert verdict(seen(dag(at=BEFORE))).state == "Pending"
    last = verdict(seen(dag(at=BEFORE)), last_look=True)
    assert (last.state, last.reason) == ("NotSeen", "Airflow has not parsed this file since the import.")


def test_an_inactive_dag_is_no_evidence() -> None:
    last = verdict(seen(dag(active=False)), last_look=True)
    assert (last.state, last.reason) == ("NotSeen", "Airflow has only inactive DAGs of this file.")


def test_an_import_error_since_the_import_is_told_with_its_line() -> None:
    found = verdict(seen(error()))
    assert found.state == "ImportError"
    assert found.problem is not None
    assert (found.problem.type, found.problem.line) == ("NameError", 1)


def test_one_import_error_outweighs_the_dags_of_the_same_file() -> None:
    assert verdict(seen(dag(), error())).state == "ImportError"


def test_an_import_error_of_before_is_no_evidence() -> None:
    assert verdict(seen(error(at=BEFORE))).state == "Pending"


def test_an_error_that_quotes_a_line_the_file_does_not_have_is_that_of_another_version() -> None:
    evidence = seen(error(quoted="import gone"))
    assert verdict(evidence).state == "Pending"
    last = verdict(evidence, last_look=True)
    assert (last.state, last.reason) == ("NotSeen", "Airflow shows an import error of another version of this file.")


def test_a_quoted_line_is_compared_in_the_encoding_that_the_file_declares() -> None:
    file = ImportedDagFile("etl.py", content="# coding: latin-1\nx = load('größe')\n".encode("latin-1"))
    assert verdict(seen(error(quoted="x = load('größe')")), file).state == "ImportError"


def test_a_helper_of_the_same_name_is_not_the_file_that_an_error_quotes() -> None:
    trace = error().stack_trace.replace(
        "NameError", '  File "/opt/airflow/dags/lib/etl.py", line 2\n    x = (\nNameError'
    )
    assert verdict(seen(replace(error(), stack_trace=trace))).state == "ImportError"


def test_success_is_not_inferred_from_the_absence_of_an_error() -> None:
    assert verdict(seen()).state == "Pending"
    last = verdict(seen(), last_look=True)
    assert (last.state, last.reason) == ("NotSeen", "Airflow shows neither a DAG nor an error of this file.")


def test_an_error_of_unknown_age_is_neither_told_nor_taken_for_none() -> None:
    assert verdict(seen(dag(), error(at=None))).state == "Pending"
    last = verdict(seen(dag(), error(at=None)), last_look=True)
    assert last.state == "NotSeen"
    assert last.reason == "Airflow shows an import error of this file, with a time that cannot be read."


def test_entries_that_cannot_be_read_hide_no_verdict_of_others() -> None:
    parsed = verdict(replace(seen(dag()), unread_dags=1, unread_errors=1))
    assert (parsed.state, parsed.dags) == ("Parsed", ("etl",))
    assert parsed.reason == "Airflow also shows an import error of which the file cannot be read."
    assert verdict(replace(seen(error()), unread_errors=1)).state == "ImportError"


@pytest.mark.parametrize(("dags", "errors"), [(1, 0), (0, 1)])
def test_that_airflow_shows_nothing_of_a_file_says_nothing_where_an_entry_cannot_be_read(
    dags: int, errors: int
) -> None:
    evidence = replace(seen(dag()), unread_dags=dags, unread_errors=errors)
    assert judge([ETL, HELPER], evidence, IMPORTED)["helper.py"].state == "Pending"
    last = judge([ETL, HELPER], evidence, IMPORTED, last_look=True)["helper.py"]
    assert last.state == "NotSeen"
    assert last.reason == "Airflow shows nothing of this file, and has entries that cannot be read."


HELPER = ImportedDagFile("helper.py", defines_dags=False, content=b"")


def test_a_helper_module_is_without_dags_once_airflow_went_over_its_whole_folder() -> None:
    other = LoadedDag("other", "/opt/airflow/dags/other.py", "", active=True, parsed_at=BEFORE, source_key="")
    assert judge([ETL, HELPER], seen(dag()), IMPORTED)["helper.py"].state == "NoDag"
    assert judge([ETL, HELPER], seen(dag(), other), IMPORTED)["helper.py"].state == "Pending"
    assert judge([ETL, HELPER], seen(), IMPORTED)["helper.py"].state == "Pending"


def test_a_helper_module_is_without_dags_at_the_last_look() -> None:
    assert verdict(seen(), HELPER, last_look=True).state == "NoDag"


def test_a_helper_module_with_an_error_is_an_import_error() -> None:
    failed = LoadError("/opt/airflow/dags/helper.py", "", AFTER, "ModuleNotFoundError: No module named 'x'\n")
    assert verdict(seen(failed), HELPER).state == "ImportError"


def test_a_file_of_one_name_in_two_bundles_is_not_seen_and_the_reason_names_both() -> None:
    twice = [LoadedDag("etl", "etl.py", bundle, active=True, parsed_at=AFTER, source_key="") for bundle in ("a", "b")]
    found = verdict(seen(*twice))
    assert (found.state, found.reason) == (
        "NotSeen",
        "Airflow has this file more than once: etl.py in a and etl.py in b.",
    )


def test_an_archive_with_several_modules_is_one_file() -> None:
    inside = [
        LoadedDag(name, f"/opt/airflow/dags/pack.zip/{name}.py", "", active=True, parsed_at=AFTER, source_key="")
        for name in ("one", "two")
    ]
    assert verdict(seen(*inside), ImportedDagFile("pack.zip")) == FileVerdict("Parsed", AFTER, ("one", "two"))


def test_an_archive_with_a_broken_module_is_an_import_error_though_airflow_3_names_that_by_its_whole_path() -> None:
    good = LoadedDag("good", "pack.zip/good.py", "dags-folder", active=True, parsed_at=AFTER, source_key="")
    bad = LoadError("/opt/airflow/dags/pack.zip/bad.py", "dags-folder", AFTER, "NameError: x\n")
    assert verdict(seen(good, bad), ImportedDagFile("pack.zip")).state == "ImportError"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/opt/airflow/dags/x.py", "x.py"),
        ("/opt/airflow/dags/dags/x.py", "dags/x.py"),
        ("/home/dags/airflow/dags/x.py", "x.py"),
        ("dags/x.py", "dags/x.py"),
        ("x.py", "x.py"),
        ("/opt/airflow/dags/ün täg.py", "ün täg.py"),
        ("/opt/airflow/dags/sub/x.py", None),
        ("/opt/airflow/plugins/x.py", None),
        ("/opt/airflow/dags/folder.zip/x.py", "folder.zip/x.py"),
        ("folder.zip/x.py", "folder.zip/x.py"),
    ],
)
def test_a_location_is_matched_by_the_path_below_dags(location: str, path: str | None) -> None:
    assert path_below_dags(location, {"x.py", "dags/x.py", "ün täg.py", "folder.zip/x.py"}) == path


@pytest.mark.parametrize("off", [timedelta(0), timedelta(hours=1), -timedelta(hours=1)])
def test_a_clock_that_is_an_hour_off_changes_nothing(off: timedelta) -> None:
    evidence = Evidence("3.3.2", NOW + off)
    since = import_time(evidence, ago=timedelta(seconds=20))
    assert since == IMPORTED + off + timedelta(seconds=1)
