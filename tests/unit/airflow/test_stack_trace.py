import runpy
import traceback
from pathlib import Path

import pytest

from shared.airflow.stack_trace import LONGEST_MESSAGE, ImportProblem, read_stack_trace, without_secrets_of

SYNTAX = """Traceback (most recent call last):
  File "<frozen importlib._bootstrap_external>", line 1004, in source_to_code
  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
  File "/opt/airflow/dags/team/broken.py", line 3
    def task(:
             ^
SyntaxError: invalid syntax
"""
HELPER = """Traceback (most recent call last):
  File "/opt/airflow/dags/team/etl.py", line 7, in <module>
    from team.helpers import connect
  File "/opt/airflow/dags/team/helpers.py", line 2, in <module>
    import no_such_module
ModuleNotFoundError: No module named 'no_such_module'
"""


def test_a_syntax_error_has_its_line() -> None:
    problem = read_stack_trace(SYNTAX, "team/broken.py")
    assert problem == ImportProblem("SyntaxError", "invalid syntax", 3)
    assert problem.quoted == "def task(:"


def test_the_line_is_that_of_the_file_itself_not_of_what_it_imports() -> None:
    problem = read_stack_trace(HELPER, "team/etl.py")
    assert problem == ImportProblem("ModuleNotFoundError", "No module named 'no_such_module'", 7)
    assert problem.quoted == "from team.helpers import connect"


def test_a_trace_without_a_frame_in_the_file_has_no_line() -> None:
    text = "airflow.exceptions.AirflowDagCycleException: Cycle detected in DAG: cycle.\n"
    expected = ImportProblem("AirflowDagCycleException", "Cycle detected in DAG: cycle.", None)
    assert read_stack_trace(text, "cycle.py") == expected


def test_a_file_of_the_same_ending_is_not_the_file() -> None:
    text = 'Traceback:\n  File "/opt/airflow/dags/my_etl.py", line 1, in <module>\nValueError: no\n'
    assert read_stack_trace(text, "etl.py").line is None


LIKE_A_HELPER = """Traceback (most recent call last):
  File "/opt/airflow/dags/etl.py", line 7, in <module>
    from lib.etl import connect
  File "/opt/airflow/dags/lib/etl.py", line 2, in <module>
    import no_such_module
ModuleNotFoundError: No module named 'no_such_module'
"""


@pytest.mark.parametrize("place", ["etl.py", "/opt/airflow/dags/etl.py"])
def test_a_helper_of_the_same_name_in_a_folder_below_is_not_the_file(place: str) -> None:
    problem = read_stack_trace(LIKE_A_HELPER, place)
    assert (problem.line, problem.quoted) == (7, "from lib.etl import connect")


def test_where_the_place_is_known_a_trace_without_it_has_no_line() -> None:
    only_helper = LIKE_A_HELPER.replace("/opt/airflow/dags/etl.py", "/usr/lib/other.py")
    assert read_stack_trace(only_helper, "/opt/airflow/dags/etl.py").line is None


def test_a_group_of_exceptions_is_told_as_one(tmp_path: Path) -> None:
    code = "def f():\n    raise ExceptionGroup('many', [ValueError('a'), KeyError('b')])\nf()\n"
    file = tmp_path / "a.py"
    file.write_text(code, encoding="utf-8")
    try:
        runpy.run_path(str(file))
    except ExceptionGroup:
        text = traceback.format_exc()
    problem = read_stack_trace(text, "a.py")
    assert problem == ImportProblem("ExceptionGroup", "many (2 sub-exceptions)", 2)


def test_the_first_line_of_a_message_of_many_is_told() -> None:
    text = 'Traceback:\n  File "/dags/a.py", line 9, in <module>\n    run()\nValueError: first\nsecond: line\n'
    assert read_stack_trace(text, "a.py") == ImportProblem("ValueError", "first", 9)


def test_of_a_message_that_begins_with_an_empty_line_the_first_words_are_told() -> None:
    text = 'Traceback:\n  File "/dags/a.py", line 9, in <module>\n    run()\nValueError: \n    the table\n    is gone\n'
    assert read_stack_trace(text, "a.py") == ImportProblem("ValueError", "the table", 9)
    assert read_stack_trace(text.partition("    the")[0], "a.py") == ImportProblem("ValueError", "", 9)


@pytest.mark.parametrize("text", ["", "\n\n", "REDACTED - you do not have read permission on all DAGs in the file"])
def test_what_is_no_stack_trace_is_an_error_all_the_same(text: str) -> None:
    assert read_stack_trace(text, "a.py") == ImportProblem("Error", text.strip(), None)


def test_a_long_message_is_cut() -> None:
    problem = read_stack_trace("ValueError: " + "many words " * 100, "a.py")
    assert len(problem.message) == LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("could not connect to postgresql://etl:hunter2@db/prod", "could not connect to postgresql://********@db/prod"),
        ("bad option password=hunter2, retrying", "bad option password=********, retrying"),
        ("{'client_secret': 'hunter2', 'id': 7}", "{'client_secret': '********', 'id': 7}"),
        ("AccountName=x;AccountKey=hunter2==;Suffix=y", "AccountName=x;AccountKey=********;Suffix=y"),
        ("https://x.blob.core.windows.net/c?sv=2024&sig=hunter2&se=1", "https://x.blob.core.windows.net/c?sv=2024&sig=********&se=1"),
        ("Could not parse URL 'postgresql//etl:hunter2@db/prod'", "Could not parse URL 'postgresql//********@db/prod'"),
        ("no such host: etl:hunter2@db.example", "no such host: ********@db.example"),
        ("bad passphrase=hunter2", "bad passphrase=********"),
        ('{"private_key": "-----BEGIN hunter2"}', '{"private_key": "********"}'),
        ("not an address: ops@example.com", "not an address: ops@example.com"),
        ("Authorization: Bearer hunter2", "Authorization: Bearer ********"),
        ("key 0123456789abcdef0123456789ABCDEF was refused", "key ******** was refused"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln expired", "token ******** expired"),
        ("No module named 'airflow.providers.snowflake.operators.snowflake'",) * 2,
        ("cannot import name 'EmptyOpertor' from 'airflow.operators.empty' (/home/airflow/.local/lib/empty.py)",) * 2,
    ],
)  # fmt: skip
def test_secrets_are_masked_and_other_words_are_not(text: str, shown: str) -> None:
    assert without_secrets_of(text) == shown


def test_a_stack_trace_of_a_megabyte_is_summed_up_without_its_secrets() -> None:
    frames = '  File "/opt/airflow/dags/lib.py", line 5, in connect\n    connect("password=hunter2")\n' * 12_000
    text = f'Traceback:\n  File "/opt/airflow/dags/big.py", line 4, in <module>\n{frames}ValueError: password=hunter2\n'
    assert len(text) > 1_000_000
    problem = read_stack_trace(text, "big.py")
    assert problem == ImportProblem("ValueError", "password=********", 4)
    assert "hunter2" not in repr(problem)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('login failed: password="correct horse battery"', "battery"),
        ("password='ab,cd-rest'", "rest"),
        ("password=b'hunter2'", "hunter2"),
        ("{'password': b'hunter2'}", "hunter2"),
        (r'{"password": "ab\"hunter2", "x": 1}', "hunter2"),
        (r"password='it\'s hunter2'", "hunter2"),
        ("PWD={a;hunter2};Server=x", "hunter2"),
    ],
)
def test_a_secret_in_quotes_is_masked_to_their_end(text: str, secret: str) -> None:
    assert secret not in without_secrets_of(text)


def test_a_long_line_of_names_without_values_stays_as_it_is() -> None:
    names = "pwd-" * 5000  # with a name tried from each of its letters it takes hours
    assert without_secrets_of(names) == names
