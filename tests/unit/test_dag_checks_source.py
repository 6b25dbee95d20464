import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.folder.checks import check_files
from shared.folder.checks_source import Fault, read_source


def fault(content: bytes) -> Fault:
    found = read_source(content).fault
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"a = 1\nb = (\n", 2, "SyntaxError"),
        (b"if a:\nb = 1\n", 2, "IndentationError"),
        (b"if a:\n        b\n\tc\n", 3, "TabError"),
        (b"a = 1\nreturn a\n", 2, "SyntaxError"),
        (b"def f(a, a): ...\n", 1, "SyntaxError"),
        (b"a = 1\r\nb = (\r\n", 2, "SyntaxError"),
        (b"a = '\\N'\n", 1, "SyntaxError"),
        (b"# coding: nonesuch\n", None, "SyntaxError"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", None, "SyntaxError"),
        (b"a\nb = '\0'\n", 2, "NullByte"),
        ("a = 1\n".encode("utf-16"), 1, "NullByte"),
        (b"a = 1\nb = '\xe9'\n", 2, "NotUtf8"),
        (b"a = 1\n.\xe9\n", 2, "NotUtf8"),
        (b"# coding: utf-8\nb = 1\nc = '\xe9'\n", 3, "NotUtf8"),
        (b"# coding: ascii\nb = '\xe9'\n", 2, "NotUtf8"),
    ],
)
def test_what_python_cannot_import_is_fatal_and_has_its_line(content: bytes, line: int | None, reason: str) -> None:
    found = fault(content)
    assert (found.line, found.reason, found.fatal) == (line, reason, True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\f\n",
        b"a = 1\r\nb = 2\r\n",
        codecs.BOM_UTF8 + b"a = 1",
        "a = 'é'".encode(),
        b"# coding: latin-1\na = '\xe9'",
        b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\na = '\x80'",
        b"# caf\xe9\n# -*- coding: latin-1 -*-\na = '\xe9'",
        b"a = 1  # caf\xe9, which Python takes in a comment\n",
        b"a = '\\d'  # a SyntaxWarning\n",
        b"a = 1 is 1\n",
        b"from __future__ import annotations\n",
    ],
)
def test_what_python_imports_is_fine(content: bytes) -> None:
    source = read_source(content)
    assert source.fault is None
    assert source.tree is not None


def test_a_large_file_is_parsed_but_not_compiled_which_can_take_minutes() -> None:
    large = b"#" * 65_536 + b"\n"
    assert read_source(large + b"return\n").fault is None
    assert fault(large + b"a = (\n").line == 2


def test_the_message_has_pythons_words_but_not_the_line_which_may_hold_a_secret() -> None:
    message = fault(b"password = 'hunter2\n").message
    assert "unterminated string literal" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("code", [b"match a:\n    case 1: ...\n", b"try: ...\nexcept* E: ...\n"])
def test_syntax_newer_than_the_environments_python_is_a_warning_and_the_file_is_read(code: bytes) -> None:
    found = fault(code)
    assert (found.line, found.reason, found.fatal) == (2, "NewerPython", False)
    assert read_source(code).tree is not None


@pytest.mark.parametrize("encoding", [b"punycode", b"idna", b"utf-7", b"unicode_escape"])
def test_a_codec_that_hostile_input_could_slow_down_is_not_used(encoding: bytes) -> None:
    found = fault(b"# coding: " + encoding + b"\n")
    assert (found.reason, found.fatal) == ("EncodingNotRead", False)


@pytest.mark.parametrize(
    "code", ["-" * 99_999 + "1", "a" + ".b" * 99_999, "not " * 99_999 + "a", "lambda:" * 9_999 + "1"]
)
def test_nesting_beyond_pythons_limits_is_a_warning(code: str) -> None:
    found = fault(code.encode())
    assert (found.reason, found.fatal) == ("TooDeeplyNested", False)


_FRAGMENTS = st.sampled_from(
    [
        b"from airflow import DAG\n",
        b"import airflow\n",
        b"DAG(",
        b"'a'",
        b")",
        b"dag_id=",
        b"@airflow.decorators.dag\n",
        b"def f():\n",
        b"    ",
        b"\n",
        b"x",
        b".",
        b",",
        b"**x",
        b"f'{x}'",
        b"if x:",
        b"# coding: ",
        b"latin-1",
        b"\xe9",
        b"\0",
    ]
)
_SOURCES = st.binary() | st.lists(_FRAGMENTS, max_size=30).map(b"".join) | st.none()
_NAMES = st.sampled_from(["dags/a.py", "dags/b/c.py", "plugins/p.py", "a.py"]) | st.text(max_size=20)


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(_NAMES, _SOURCES, max_size=4))
def test_whatever_the_files_hold_the_answer_is_a_list_about_them(contents: dict[str, bytes | None]) -> None:
    findings = check_files(contents)
    assert {finding.file for finding in findings} <= set(contents)
    assert all(finding.line is None or finding.line >= 1 for finding in findings)


@settings(derandomize=True, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=12).map(b"".join))
def test_a_file_is_faultless_or_fatal_as_compile_says(content: bytes) -> None:
    try:
        compile(content, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, UnicodeDecodeError):
        assert fault(content).fatal
    else:
        assert read_source(content).tree is not None
