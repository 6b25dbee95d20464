import codecs
import token

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.folder.checks import TOO_LARGE, Unread, check_files, fstrings
from shared.folder.checks.findings import Fault
from shared.folder.checks.pythons import RELAY
from shared.folder.checks.source import read_source


def fault(content: bytes, python: tuple[int, int] | None = None) -> Fault:
    found, *_ = read_source(content, python).faults
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
        b"a = '\\d'  # a SyntaxWarning\n",
        b"a = 1 is 1\n",
        b"from __future__ import annotations\n",
    ],
)
def test_what_python_imports_is_fine(content: bytes) -> None:
    source = read_source(content)
    assert source.faults == ()
    assert source.tree is not None


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"# coding: latin-1\na = '\xe9'", 2),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\na = '\x80'", 3),
        (b"# caf\xe9\n# -*- coding: latin-1 -*-\na = '\xe9'", 1),
        (b"a = 1  # caf\xe9, which Python takes in a comment\n", 1),
    ],
)
def test_bytes_that_python_takes_and_airflow_cannot_store_are_a_warning(content: bytes, line: int) -> None:
    found = fault(content)
    assert (found.line, found.reason, found.fatal) == (line, "NotUtf8", False)
    assert read_source(content).tree is not None


def test_a_large_file_is_parsed_but_not_compiled_which_can_take_minutes() -> None:
    large = b"#" * 65_536 + b"\n"
    assert read_source(large + b"def f(a, a): ...\n").faults == ()
    assert fault(large + b"a = (\n").line == 2
    assert fault(large + b"return\n").line == 2


def test_the_message_has_pythons_words_but_not_the_line_which_may_hold_a_secret() -> None:
    message = fault(b"password = 'hunter2\n").message
    assert "unterminated string literal" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("code", "since"),
    [
        (b"match a:\n    case 1: ...\n", (3, 10)),
        (b"try: ...\nexcept* E: ...\n", (3, 11)),
        (b"@a[0]\ndef f(): ...\n", (3, 9)),
        (b"a[*b, 1]\n", (3, 11)),
        (b"for a in *b, c: ...\n", (3, 9)),
        (b"def f(*a: *b): ...\n", (3, 11)),
    ],
)
def test_syntax_that_the_environments_python_refuses_is_fatal(code: bytes, since: tuple[int, int]) -> None:
    found = fault(code, (since[0], since[1] - 1))
    assert (found.line, found.reason, found.fatal) == (1, "NewerPython", True)
    assert read_source(code, since).faults == read_source(code, None).faults == ()


@pytest.mark.parametrize(
    "code",
    [
        b"for a in (*b, c): ...\n",
        b"def f(*a: int): ...\n",
        b"a[(*b, 1)]\n",
        b"@a.b.c(1)\ndef f(): ...\n",
        b"match = 1\n",
    ],
)
def test_what_only_looks_like_newer_syntax_is_fine(code: bytes) -> None:
    assert read_source(code, (3, 8)).faults == ()


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            b"with (a):\n    pass\n",
            marks=pytest.mark.skipif(RELAY >= (3, 13), reason="this Python knows that older ones take it"),
        ),
        b"def f(x: list[int]): ...\n",
        b"def f(x: int | None): ...\n",
        b"x: dict[str, int] = {}\n",
        b"a = {1: 2} | {3: 4}\n",
        b"print('abc'.removeprefix('a'))\n",
    ],
)
def test_what_an_older_python_may_fail_on_is_a_warning(code: bytes) -> None:
    found = fault(code, (3, 8))
    assert (found.reason, found.fatal) == ("NewerPython", False)
    assert read_source(code, (3, 10)).faults == ()


@pytest.mark.parametrize(
    "code",
    [
        b"from __future__ import annotations\ndef f(x: list[int]): ...\n",
        b"def f():\n    x: list[int] = []\n",
        b"def f(x: 'list[int]'): ...\n",
        b"y = 1 | 2\n",
        b"list = dict\ndef f(x: list[int]): ...\n",
    ],
)
def test_what_an_older_python_does_not_evaluate_is_fine(code: bytes) -> None:
    assert read_source(code, (3, 8)).faults == ()


@pytest.mark.skipif(RELAY >= (3, 12), reason="this Python knows the syntax")
@pytest.mark.parametrize(
    "code",
    [
        b"type X = int\n",
        b"def f[T](x: T): ...\n",
        b"class C[T]: ...\n",
        b'a = f"{x["a"]}"\n',
        b"a = f'{','.join(x) + '\\n'}'\n",
        b"print(\n    1,\n    f'{x['a']}',\n)\n",
    ],
)
def test_syntax_that_may_be_newer_than_the_relay_never_blocks(code: bytes) -> None:
    for python in ((3, 12), None):
        found = fault(b"a = 1\n" + code, python)
        assert (found.reason, found.fatal) == ("NewerThanRelay", False)
    assert fault(code, RELAY).fatal


@pytest.mark.parametrize("code", [b"(" + b"\n" * 1_000_000, b"(" + b"except " * 140_000])
def test_what_makes_a_syntax_error_long_makes_no_long_search(code: bytes) -> None:
    assert read_source(code).faults[0].reason in {"SyntaxError", "TooDeeplyNested"}


@pytest.mark.parametrize("code", [b"x = (\n", b"if a:\nb = 1\n", b"print 1\n", b"a = f'{x}'\nb = ]\n"])
def test_what_no_python_takes_is_fatal_under_a_newer_one_too(code: bytes) -> None:
    assert fault(code, (RELAY[0], RELAY[1] + 1)).fatal
    assert fault(code, None).fatal


def test_a_python_of_which_nothing_is_known_yet_may_take_anything() -> None:
    assert fault(b"x = (\n", (3, 99)).reason == "NewerThanRelay"


@pytest.mark.skipif(RELAY < (3, 12), reason="for this Python it is no syntax at all")
@pytest.mark.parametrize(
    "code", [b'f"{x["a"]}"\n', b"f'''{1 # c\n}'''\n", b"f'''{'\\n'.join(x)}'''\n", b"f'{f'{1}'}'\n", b"f'{1\n}'\n"]
)
def test_an_fstring_that_only_newer_pythons_take_is_fatal_for_an_older_one(code: bytes) -> None:
    assert (fault(code, (3, 11)).reason, fault(code, (3, 11)).fatal) == ("NewerPython", True)


@pytest.mark.parametrize(
    "code",
    [b"f\"{x['a']}\"\n", b'f"""{x["a"]}"""\n', b'f"{x!r:>{w}}\\n"\n', b"f'{1}' 'a'\n", b"f'''{1\n}'''\n"],
)
def test_an_fstring_of_the_old_kind_is_fine(code: bytes) -> None:
    assert read_source(code, (3, 8)).faults == ()


@pytest.mark.parametrize(
    "code", [b"# caf\xe9\nx = 1\n", b"\n\n\nx = 1  # caf\xe9\n", b"# coding: latin-1\nx = '\xe9'\n"]
)
def test_fstrings_are_looked_for_in_the_text_that_python_reads(code: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fstrings, "_START", getattr(token, "FSTRING_START", -1))
    assert [(one.reason, one.fatal) for one in read_source(code, (3, 8)).faults] == [("NotUtf8", False)]


@pytest.mark.parametrize(
    "code", [b"import " + b"a." * 500_000 + b"a\n", b"from " + b"a . \\\n" * 100_000 + b"a import b\n"]
)
def test_a_name_on_which_pythons_parser_would_take_minutes_is_not_parsed(code: bytes) -> None:
    found = fault(b"\n" + code)
    assert (found.reason, found.line, found.fatal) == ("TooDeeplyNested", 2, False)


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
_SOURCES = st.binary() | st.lists(_FRAGMENTS, max_size=30).map(b"".join) | st.just(TOO_LARGE)
_NAMES = st.sampled_from(["dags/a.py", "dags/b/c.py", "plugins/p.py", "a.py"]) | st.text(max_size=20)


@settings(derandomize=True, deadline=None)
@given(st.dictionaries(_NAMES, _SOURCES, max_size=4))
def test_whatever_the_files_hold_the_answer_is_a_list_about_them(contents: dict[str, bytes | Unread]) -> None:
    findings = check_files(contents.items())
    assert {finding.file for finding in findings} <= set(contents)
    assert all(finding.line is None or finding.line >= 1 for finding in findings)


@settings(derandomize=True, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=12).map(b"".join))
def test_a_file_is_faultless_or_fatal_as_compile_says(content: bytes) -> None:
    try:
        compile(content, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, UnicodeDecodeError):
        assert fault(content, RELAY).fatal
    else:
        assert read_source(content).tree is not None
