import gzip
import re
import tracemalloc
from pathlib import Path

import pytest

from shared.folder.checks import LARGEST_FILE, TOO_LARGE, Finding, Unread, check_files, is_context, to_check
from tests.unit.dag_files import check

DAG = b"from airflow import DAG\ndag = DAG('a')\n"
DOCS = Path(__file__).parents[2] / "docs" / "dag-checks.md"


def summary(findings: list[Finding]) -> list[tuple[str, int | None, str, bool]]:
    return [(finding.file, finding.line, finding.reason, finding.blocking) for finding in findings]


@pytest.mark.parametrize(
    "name",
    [
        *("dags/a.py", "DAGS/deep/er/a.py", "Plugins/p.py", "dags/__init__.py", "a.py", "dags/a.zip"),
        "dags/.airflowignore",
    ],
)
def test_what_airflow_reads_is_checked(name: str) -> None:
    assert to_check(name)


@pytest.mark.parametrize(
    "name", ["requirements.txt", "dags/a.PY", "dags/a.py.txt", "dags/a.whl", "plugins/a.zip", "Plugins/b/a.zip", ""]
)
def test_what_airflow_does_not_read_is_not(name: str) -> None:
    assert not to_check(name)


def test_a_sound_dag_file_has_no_findings() -> None:
    assert check({"dags/a.py": DAG}) == []


def test_no_file_is_ever_run() -> None:
    assert check({"dags/a.py": DAG + b"if True: raise SystemExit\n", "plugins/p.py": b"exit()\n"}) == []


def test_a_file_that_ends_in_a_raise_blocks() -> None:
    assert summary(check({"dags/a.py": DAG + b"raise ValueError\n"})) == [("dags/a.py", 3, "AlwaysRaises", True)]


def test_the_ignore_files_are_wanted_whether_they_changed_or_not() -> None:
    assert is_context("dags/team/.airflowignore")
    assert not is_context("dags/a.py")


def test_files_are_taken_one_at_a_time_and_no_content_is_kept() -> None:
    size, number = 512 * 1024, 40
    tracemalloc.start()
    check_files((f"dags/{at}.py", DAG + f"# {at}".encode().ljust(size, b"#")) for at in range(number))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size * number / 2


def test_a_file_that_could_not_be_read_blocks_and_says_why() -> None:
    [finding] = check({"dags/a.py": Unread("could not be read (BlobArchived); rehydrate it.")})
    assert summary([finding]) == [("dags/a.py", None, "Unreadable", True)]
    assert finding.message == "The file could not be read (BlobArchived); rehydrate it."


def test_a_file_with_one_fault_over_and_over_has_a_few_findings_and_no_blocking_one_is_left_out() -> None:
    code = DAG + b"if x: DAG('b c')\n" * 50 + b"DAG('c d')\n"
    findings = check({"dags/a.py": code})
    assert len(findings) == 20
    assert ("dags/a.py", 53, "InvalidDagId", True) in summary(findings)


def test_a_compressed_file_is_not_unpacked() -> None:
    assert summary(check({"dags/a.py": gzip.compress(DAG)})) == [("dags/a.py", None, "Compressed", False)]


def test_a_file_too_large_to_be_read_is_a_warning_whether_it_was_fetched_or_not() -> None:
    findings = check({"dags/a.py": TOO_LARGE, "dags/b.py": b"#" * (LARGEST_FILE + 1)})
    assert summary(findings) == [("dags/a.py", None, "FileTooLarge", False), ("dags/b.py", None, "FileTooLarge", False)]
    assert str(LARGEST_FILE) in findings[0].message


def test_a_file_of_the_largest_size_is_read() -> None:
    assert check({"dags/a.py": DAG.ljust(LARGEST_FILE, b"#")}) == []


def test_a_file_that_does_not_parse_blocks_where_airflow_would_load_it() -> None:
    findings = check({"dags/a.py": DAG + b"x = (\n", "plugins/p.py": b"x = (\n"})
    assert summary(findings) == [("dags/a.py", 3, "SyntaxError", True), ("plugins/p.py", 1, "SyntaxError", True)]


def test_a_file_that_does_not_parse_and_that_airflow_passes_over_is_a_warning() -> None:
    assert summary(check({"dags/sub/a.py": b"x = (\n"})) == [("dags/sub/a.py", 1, "SyntaxError", False)]


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (b"import dagfactory\ndagfactory.DagFactory('a.yaml').generate_dags(globals())\n", "airflow"),
        (b"from house import make\ndag = make()\n", "airflow"),
        (b"from house import flow\nwith flow.Dag('a'):\n    pass\n", "airflow"),
        (b"dag = None\n", "airflow"),
        (b"from house import make_dag\nfor name in ['a']:\n    globals()[name] = make_dag(name)\n", "airflow"),
    ],
)
def test_a_file_that_seems_to_make_dags_and_that_airflow_passes_over_is_named(content: bytes, missing: str) -> None:
    [finding] = check({"Dags/team/a.py": content})
    assert summary([finding]) == [("Dags/team/a.py", None, "NoDagFound", False)]
    assert finding.message.endswith(f"no {missing}.")


@pytest.mark.parametrize(
    "content", [b"", b"X = 1\n", b"def dag(x):\n    return x\n", b"import airflow\nlog = f('x')\n"]
)
def test_a_helper_module_that_changes_alone_is_not_taken_for_a_dag_file(content: bytes) -> None:
    assert check({"dags/helper.py": content}) == []


@pytest.mark.parametrize("content", [b"# Airflow, DaG", b"AIRFLOWDAG = 1"])
def test_airflow_looks_for_its_two_words_in_any_case_and_anywhere(content: bytes) -> None:
    assert check({"dags/a.py": content}) == []


@pytest.mark.parametrize("line", ["import helper", "from helper import x", "import lib.helper as h"])
def test_a_module_that_another_file_imports_is_no_dag_file(line: str) -> None:
    assert check({"dags/a.py": DAG + line.encode(), "dags/helper.py": b"dag = f()"}) == []


def test_in_a_container_named_dags_files_may_lie_at_its_top() -> None:
    assert summary(check({"a.py": b"dag = f()"})) == [("a.py", None, "NoDagFound", False)]


def test_a_dag_id_in_two_files_is_a_warning_at_the_second_that_names_the_first() -> None:
    [finding] = check({"dags/b.py": DAG, "dags/a.py": DAG})
    assert summary([finding]) == [("dags/b.py", 2, "DuplicateDagId", False)]
    assert "line 2 of 'dags/a.py'" in finding.message


def test_a_dag_id_twice_in_one_file_is_a_warning() -> None:
    assert summary(check({"dags/a.py": DAG + b"x = DAG('a')\n"})) == [("dags/a.py", 3, "DuplicateDagId", False)]


@pytest.mark.parametrize(
    "code",
    [
        b"if x:\n    DAG('b')\nelse:\n    DAG('b')\n",
        b"DAG('b') if x else DAG('b')\n",
        b"def one(x):\n    DAG('b')\n\ndef two(x):\n    DAG('b')\n",
        b"c = DAG(b)\nd = DAG(b)\n",
        b"for x in y:\n    DAG(f'{x}')\n    DAG(f'{x}')\n",
    ],
)
def test_branches_and_computed_ids_are_no_duplicates(code: bytes) -> None:
    assert check({"dags/a.py": DAG + code}) == []


def test_plugins_define_no_dags() -> None:
    assert check({"dags/a.py": DAG, "plugins/a.py": DAG + b"DAG('not valid')"}) == []


@pytest.mark.parametrize("dag_id", ["", "two words", "a/b", "x" * 251, None, 42])
def test_an_id_that_airflow_refuses_blocks(dag_id: str | int | None) -> None:
    assert summary(check({"dags/a.py": DAG + f"x = DAG({dag_id!r})".encode()})) == [
        ("dags/a.py", 3, "InvalidDagId", True)
    ]


@pytest.mark.parametrize("dag_id", ["x", "team.etl_1-b", "größe", "x" * 250])
def test_an_id_that_airflow_takes_is_taken(dag_id: str) -> None:
    assert check({"dags/a.py": DAG + f"x = DAG({dag_id!r})".encode()}) == []


@pytest.mark.parametrize(
    "code",
    [b"if x:\n    DAG('b c')\n", b"from airflow.decorators import dag\n@dag('b c')\ndef f(): ...\nf()\n"],
)
def test_a_refused_id_that_may_never_be_made_is_a_warning(code: bytes) -> None:
    [finding] = check({"dags/a.py": DAG + code})
    assert (finding.line, finding.reason, finding.blocking) == (4, "InvalidDagId", False)


TASKFLOW = b"from airflow.decorators import dag\n@dag()\ndef etl(): ...\n"


def test_a_schedule_is_judged_as_a_whole_or_not_at_all() -> None:
    minutes, hours, days = (",".join(map(str, numbers)) for numbers in (range(60), range(24), range(1, 32)))
    code = f"from airflow import DAG\ndag = DAG('a', schedule='{minutes} {hours} {days} * *')\n"
    assert check({"dags/a.py": code.encode()}) == []


def test_a_decorated_function_that_is_never_called_is_a_warning() -> None:
    [finding] = check({"dags/a.py": TASKFLOW})
    assert summary([finding]) == [("dags/a.py", 2, "DagNotCalled", False)]
    assert "add etl() below it" in finding.message


def test_one_that_is_called_here_or_may_be_elsewhere_is_fine() -> None:
    assert check({"dags/a.py": TASKFLOW + b"etl()\n"}) == []
    assert check({"dags/a.py": TASKFLOW, "dags/b.py": b"from a import etl  # an airflow dag\netl()\n"}) == []


def test_a_long_id_is_cut_in_the_message() -> None:
    [finding] = check({"dags/a.py": DAG + b"x = DAG('" + b"x" * 9999 + b"')"})
    assert len(finding.message) < 300


def test_every_reason_is_in_the_documentation() -> None:
    room = Path(__file__).parents[2] / "shared" / "folder" / "checks"
    said = "".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    reasons = {*re.findall(r'(?:Fault|finding)\([^"]*?"([A-Z][A-Za-z0-9]+)"', said), "SyntaxError", "FileTooLarge"}
    assert len(reasons) > 20
    documented = DOCS.read_text(encoding="utf-8")
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in documented] == []
