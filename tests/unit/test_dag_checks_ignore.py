import gzip

import pytest

from shared.folder.checks import Runtime
from shared.folder.checks.ignore import IgnoreRules
from tests.unit.dag_files import AIRFLOW_3, DATA_FACTORY, check, reasons

TWO, THREE = (2, 10), (3, 0)


def rules(airflow: tuple[int, int] | None, **files: bytes | None) -> IgnoreRules:
    return IgnoreRules(
        {f"dags/{folder}.airflowignore".replace("top", "").replace("__", "/"): text for folder, text in files.items()},
        airflow,
    )


@pytest.mark.parametrize(
    ("patterns", "name", "ignored"),
    [
        (b"skip_.*", "dags/skip_me.py", True),
        (b"skip_.*", "dags/team/skip_me.py", True),
        (b"attic", "dags/attic/old.py", True),
        (b"^old", "dags/team/old.py", False),
        (b"team/old", "dags/team/old.py", True),
        (b"# attic\n\n", "dags/attic/old.py", False),
        (b"attic # of last year", "dags/attic/old.py", True),
        (b"*.py", "dags/a.py", False),
        (b"(?=a)", "dags/a.py", False),
    ],
)
def test_in_airflow_2_patterns_are_expressions_that_are_searched_for(
    patterns: bytes, name: str, *, ignored: bool
) -> None:
    assert rules(TWO, top=patterns).ignores(name) is ignored


@pytest.mark.parametrize(
    ("patterns", "name", "ignored"),
    [
        (b"skip_*.py", "dags/team/skip_me.py", True),
        (b"attic", "dags/attic/deep/old.py", True),
        (b"attic/", "dags/attic/old.py", True),
        (b"old.py/", "dags/old.py", False),
        (b"/old.py", "dags/team/old.py", False),
        (b"team/**/old.py", "dags/team/a/b/old.py", True),
        (b"*.py\n!keep.py", "dags/keep.py", False),
        (b"*.py\n!keep.py", "dags/other.py", True),
        (b"/", "dags/a.py", False),
        (b"ol.\\.py", "dags/old.py", False),
        (b"**/", "dags/team/deep/old.py", True),
        (b"**/", "dags/old.py", False),
    ],
)
def test_in_airflow_3_patterns_are_globs_as_in_git(patterns: bytes, name: str, *, ignored: bool) -> None:
    assert rules(THREE, top=patterns).ignores(name) is ignored


@pytest.mark.parametrize("airflow", [TWO, THREE])
def test_a_file_in_a_folder_counts_from_there_downwards(airflow: tuple[int, int]) -> None:
    nested = rules(airflow, team__=b"old.py")
    assert nested.ignores("dags/team/old.py")
    assert not nested.ignores("dags/old.py")


def test_where_the_version_is_not_known_both_meanings_have_to_agree() -> None:
    assert rules(None, top=b"attic").ignores("dags/attic/old.py") is True
    assert rules(None, top=b"skip_*.py").ignores("dags/skip_me.py") is None
    assert rules(None, top=b"attic").ignores("dags/a.py") is False


@pytest.mark.parametrize("airflow", [TWO, THREE])
@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_lines_end_as_in_any_text_file(airflow: tuple[int, int], end: bytes) -> None:
    written = rules(airflow, top=b"# of last year" + end + b"attic" + end + b"old.py" + end)
    assert written.ignores("dags/attic/a.py")
    assert written.ignores("dags/old.py")
    assert not written.ignores("dags/a.py")


@pytest.mark.parametrize("content", [None, b"a\n" * 1000, b"a" * 5000, b"caf\xe9\n"])
def test_a_file_that_was_not_read_or_is_too_much_leaves_it_open(content: bytes | None) -> None:
    assert rules(TWO, top=content).ignores("dags/b.py") is None


@pytest.mark.parametrize("airflow", [TWO, THREE])
def test_no_pattern_takes_long(airflow: tuple[int, int]) -> None:
    hostile = rules(airflow, top=b"(a+)+$\n(a|aa)+$\n*a*a*a*a*a*a*a*a*b\n.*a.*a.*a.*a.*a.*a.*b")
    assert hostile.ignores("dags/" + "a" * 900 + "!.py") is False


def test_spaces_take_no_longer_than_other_characters() -> None:
    assert rules(TWO, top=b" " * 1_000_000 + b"a").ignores("dags/a.py") is None
    assert rules(TWO, top=b"a" + b" " * 1_000_000 + b"#").ignores("dags/a.py")


@pytest.mark.parametrize("content", ["é".encode("latin-1"), "old.py".encode("utf-16")])
@pytest.mark.parametrize("folder", ["dags", "plugins", "dags/team"])
@pytest.mark.parametrize("runtime", [DATA_FACTORY, AIRFLOW_3, None])
def test_an_ignore_file_that_is_not_utf8_blocks_since_airflow_fails_on_it(
    content: bytes, folder: str, runtime: Runtime | None
) -> None:
    files = {f"{folder}/.airflowignore": b"old\n" + content, f"{folder}/x.py": b"# airflow dag\nx = (\n"}
    [ours, other] = check(files, runtime)
    assert (ours.file, ours.line, ours.reason, ours.blocking) == (f"{folder}/.airflowignore", 2, "NotUtf8", True)
    assert not other.blocking


@pytest.mark.parametrize("pattern", [b"old\\", b"\\#old", b"!", b"! # all"])
def test_a_glob_that_airflow_3_fails_on_blocks(pattern: bytes) -> None:
    files = {"dags/.airflowignore": b"a\n" + pattern, "dags/x.py": b"# airflow dag\nx = (\n"}
    [ours, other] = check(files, AIRFLOW_3)
    assert (ours.file, ours.line, ours.reason, ours.blocking) == ("dags/.airflowignore", 2, "InvalidPattern", True)
    assert not other.blocking
    assert reasons(files, DATA_FACTORY) == [("SyntaxError", True)]


def test_a_compressed_ignore_file_is_not_looked_into() -> None:
    files = {"dags/.airflowignore": gzip.compress(b"old"), "dags/x.py": b"# airflow dag\nx = (\n"}
    assert reasons(files, DATA_FACTORY) == [("Compressed", False), ("SyntaxError", False)]


def test_an_ignore_file_in_a_folder_that_airflow_does_not_enter_is_not_read() -> None:
    files = {"dags/.airflowignore": b"attic", "dags/attic/.airflowignore": b"\xe9"}
    assert reasons(files, DATA_FACTORY) == []


def test_plugins_have_their_own() -> None:
    files = IgnoreRules({"Plugins/.airflowignore": b"old"}, TWO)
    assert files.ignores("Plugins/old.py")
    assert not files.ignores("dags/old.py")
