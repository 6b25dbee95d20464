from pathlib import Path

import pytest

from shared.folder.checks import LARGEST_FILE, Finding, check_files, to_check

DAG = b"from airflow import DAG\nDAG('a')\n"
DOCS = Path(__file__).parents[2] / "docs" / "dag-checks.md"


def summary(findings: list[Finding]) -> list[tuple[str, int | None, str, bool]]:
    return [(finding.file, finding.line, finding.reason, finding.blocking) for finding in findings]


@pytest.mark.parametrize("name", ["dags/a.py", "DAGS/deep/er/a.py", "Plugins/p.py", "dags/__init__.py", "a.py"])
def test_python_files_are_checked(name: str) -> None:
    assert to_check(name)


@pytest.mark.parametrize(
    "name", ["requirements.txt", "dags/a.zip", "dags/a.PY", "dags/a.py.txt", "dags/.airflowignore", ""]
)
def test_what_airflow_does_not_read_as_python_is_not(name: str) -> None:
    assert not to_check(name)


def test_a_sound_dag_file_has_no_findings() -> None:
    assert check_files({"dags/a.py": DAG}) == []


def test_no_file_is_ever_run() -> None:
    assert check_files({"dags/a.py": DAG + b"raise SystemExit\n", "plugins/p.py": b"raise SystemExit\n"}) == []


def test_a_file_too_large_to_be_read_is_a_warning_whether_it_was_fetched_or_not() -> None:
    findings = check_files({"dags/a.py": None, "dags/b.py": b"#" * (LARGEST_FILE + 1)})
    assert summary(findings) == [("dags/a.py", None, "FileTooLarge", False), ("dags/b.py", None, "FileTooLarge", False)]
    assert str(LARGEST_FILE) in findings[0].message


def test_a_file_of_the_largest_size_is_read() -> None:
    assert check_files({"dags/a.py": DAG.ljust(LARGEST_FILE, b"#")}) == []


def test_a_file_that_does_not_parse_blocks_where_airflow_would_load_it() -> None:
    findings = check_files({"dags/a.py": DAG + b"x = (\n", "plugins/p.py": b"x = (\n"})
    assert summary(findings) == [("dags/a.py", 3, "SyntaxError", True), ("plugins/p.py", 1, "SyntaxError", True)]


def test_a_file_that_does_not_parse_and_that_airflow_passes_over_is_a_warning() -> None:
    assert summary(check_files({"dags/sub/a.py": b"x = (\n"})) == [("dags/sub/a.py", 1, "SyntaxError", False)]


@pytest.mark.parametrize(
    ("content", "missing"),
    [(b"", "airflow and dag"), (b"import airflow", "dag"), (b"from house import dag", "airflow")],
)
def test_a_file_beside_the_dag_files_that_airflow_passes_over_is_named(content: bytes, missing: str) -> None:
    [finding] = check_files({"Dags/a.py": content})
    assert summary([finding]) == [("Dags/a.py", None, "NoDagFound", False)]
    assert finding.message.endswith(f"no {missing}.")


@pytest.mark.parametrize("content", [b"# Airflow, DaG", b"AIRFLOWDAG = 1"])
def test_airflow_looks_for_its_two_words_in_any_case_and_anywhere(content: bytes) -> None:
    assert check_files({"dags/a.py": content}) == []


@pytest.mark.parametrize("name", ["dags/__init__.py", "dags/lib/a.py", "plugins/a.py"])
def test_where_helper_modules_live_nobody_expects_a_dag(name: str) -> None:
    assert check_files({name: b"x = 1"}) == []


@pytest.mark.parametrize(
    "line",
    [
        "import helper",
        "from helper import x",
        "from . import helper",
        "import dags.helper as h",
        "from .helper import x",
    ],
)
def test_a_module_that_another_file_imports_is_no_dag_file(line: str) -> None:
    assert check_files({"dags/a.py": DAG + line.encode(), "dags/helper.py": b"x = 1"}) == []


def test_in_a_container_named_dags_files_may_lie_at_its_top() -> None:
    assert summary(check_files({"a.py": b"x = 1"})) == [("a.py", None, "NoDagFound", False)]


def test_a_dag_id_in_two_files_is_a_warning_at_the_second_that_names_the_first() -> None:
    [finding] = check_files({"dags/b.py": DAG, "dags/a.py": DAG})
    assert summary([finding]) == [("dags/b.py", 2, "DuplicateDagId", False)]
    assert "line 2 of 'dags/a.py'" in finding.message


def test_a_dag_id_twice_in_one_file_is_a_warning() -> None:
    assert summary(check_files({"dags/a.py": DAG + b"DAG('a')\n"})) == [("dags/a.py", 3, "DuplicateDagId", False)]


@pytest.mark.parametrize(
    "code",
    [
        b"if x:\n    DAG('b')\nelse:\n    DAG('b')\n",
        b"DAG('b') if x else DAG('b')\n",
        b"def one():\n    DAG('b')\n\ndef two():\n    DAG('b')\n",
        b"DAG(b)\nDAG(b)\n",
        b"for x in y:\n    DAG(f'{x}')\n    DAG(f'{x}')\n",
    ],
)
def test_branches_and_computed_ids_are_no_duplicates(code: bytes) -> None:
    assert check_files({"dags/a.py": DAG + code}) == []


def test_plugins_define_no_dags() -> None:
    assert check_files({"dags/a.py": DAG, "plugins/a.py": DAG + b"DAG('not valid')"}) == []


@pytest.mark.parametrize("dag_id", ["", "two words", "a/b", "x" * 251])
def test_an_id_that_airflow_refuses_blocks(dag_id: str) -> None:
    assert summary(check_files({"dags/a.py": DAG + f"DAG({dag_id!r})".encode()})) == [
        ("dags/a.py", 3, "InvalidDagId", True)
    ]


@pytest.mark.parametrize("dag_id", ["x", "team.etl_1-b", "größe", "x" * 250])
def test_an_id_that_airflow_takes_is_taken(dag_id: str) -> None:
    assert check_files({"dags/a.py": DAG + f"DAG({dag_id!r})".encode()}) == []


@pytest.mark.parametrize(
    "code",
    [b"if x:\n    DAG('b c')\n", b"from airflow.decorators import dag\n@dag('b c')\ndef f(): ...\nf()\n"],
)
def test_a_refused_id_that_may_never_be_made_is_a_warning(code: bytes) -> None:
    [finding] = check_files({"dags/a.py": DAG + code})
    assert (finding.line, finding.reason, finding.blocking) == (4, "InvalidDagId", False)


TASKFLOW = b"from airflow.decorators import dag\n@dag()\ndef etl(): ...\n"


def test_a_decorated_function_that_nobody_calls_is_a_warning() -> None:
    [finding] = check_files({"dags/a.py": TASKFLOW})
    assert summary([finding]) == [("dags/a.py", 2, "DagNotCalled", False)]
    assert "add etl() below it" in finding.message


def test_one_that_is_called_here_or_may_be_elsewhere_is_fine() -> None:
    assert check_files({"dags/a.py": TASKFLOW + b"etl()\n"}) == []
    assert check_files({"dags/a.py": TASKFLOW, "dags/b.py": b"from a import etl  # an airflow dag\netl()\n"}) == []


def test_a_long_id_is_cut_in_the_message() -> None:
    [finding] = check_files({"dags/a.py": DAG + b"DAG('" + b"x" * 9999 + b"')"})
    assert len(finding.message) < 300


@pytest.mark.parametrize(
    "reason",
    [
        "FileTooLarge",
        "SyntaxError",
        "IndentationError",
        "TabError",
        "NullByte",
        "NotUtf8",
        "EncodingNotRead",
        "NewerPython",
        "TooDeeplyNested",
        "InvalidDagId",
        "DuplicateDagId",
        "DagNotCalled",
        "NoDagFound",
    ],
)
def test_every_reason_is_in_the_documentation(reason: str) -> None:
    assert f"`{reason}`" in DOCS.read_text(encoding="utf-8")
