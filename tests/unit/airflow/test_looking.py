"""What the bytes of a file tell of the DAGs that loading it makes."""

import pytest

from shared.airflow.looking import imported_file

LOOP = b"# airflow\nfrom house import make_dag\nfor name in ['a', 'b']:\n    {}make_dag(name)\n"


@pytest.mark.parametrize(
    "content",
    [
        b"from airflow.sdk import asset\n@asset(schedule='@daily')\ndef table(): ...\n",
        b"from airflow.sdk import asset as a\n@a.multi(outlets=[])\ndef tables(): ...\n",
        LOOP.replace(b"{}", b"globals()[name] = "),
        LOOP.replace(b"{}", b""),
    ],
)
def test_a_file_of_which_the_check_cannot_say_that_it_makes_none_may_make_dags(content: bytes) -> None:
    assert imported_file("x.py", content).defines_dags is None


@pytest.mark.parametrize(
    "content", [b"", b"# airflow asset\n", b"# airflow dag\nA = 1\n", b"from airflow.sdk import Asset"]
)
def test_a_helper_module_makes_none(content: bytes) -> None:
    assert imported_file("x.py", content).defines_dags is False
