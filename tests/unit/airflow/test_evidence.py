"""Answers of Airflow's REST API with entries that are not as documented; its columns may hold null."""

from collections.abc import Mapping

import pytest

from shared.airflow.evidence import read_dags, read_errors, read_stored_source

MOMENT = "2026-01-01T12:00:00+00:00"
DAG = {"dag_id": "etl", "fileloc": "/dags/etl.py", "is_active": True, "last_parsed_time": MOMENT, "file_token": "t"}
ERROR = {"import_error_id": 1, "filename": "/dags/bad.py", "timestamp": MOMENT, "stack_trace": "NameError: x"}


def dags(*entries: object) -> object:
    return {"dags": entries, "total_entries": len(entries)}


def errors(*entries: object) -> object:
    return {"import_errors": entries, "total_entries": len(entries)}


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, {**DAG, "dag_id": None}, {**DAG, "fileloc": None}])
def test_a_dag_that_tells_of_no_file_is_counted_and_hides_no_other(odd: object) -> None:
    page = read_dags(dags(odd, DAG))
    assert [dag.dag_id for dag in page.items] == ["etl"]
    assert (page.unread, page.total) == (1, 2)


def test_a_dag_of_which_airflow_does_not_say_whether_it_is_active_is_not_taken_for_one() -> None:
    page = read_dags(dags({**DAG, "is_active": None}, {**DAG, "is_active": "?"}))
    assert (page.items, page.unread) == ((), 2)


@pytest.mark.parametrize("time", [None, "2026-01-01T12:00:00", "soon", []])
def test_a_dag_without_a_time_that_can_be_read_has_none(time: object) -> None:
    [dag] = read_dags(dags({**DAG, "last_parsed_time": time})).items
    assert dag.parsed_at is None


@pytest.mark.parametrize("odd", [None, 3, [], {}, {**ERROR, "filename": None}, {**ERROR, "filename": ""}])
def test_an_error_that_tells_of_no_file_is_counted_and_hides_no_other(odd: object) -> None:
    page = read_errors(errors(odd, ERROR))
    assert [error.location for error in page.items] == ["/dags/bad.py"]
    assert (page.unread, page.total) == (1, 2)


@pytest.mark.parametrize("odd", [{"timestamp": None}, {"timestamp": "2026-01-01T12:00:00"}, {"stack_trace": None}])
def test_an_error_of_a_file_stays_one_whatever_else_it_lacks(odd: Mapping[str, object]) -> None:
    [error] = read_errors(errors({**ERROR, **odd})).items
    assert error.location == "/dags/bad.py"
    assert (error.parsed_at is None) is ("timestamp" in odd)


def test_a_source_that_is_null_is_that_of_no_file() -> None:
    assert read_stored_source({"content": None}) == ""


@pytest.mark.parametrize("body", [None, [], {}, {"dags": None, "total_entries": 0}, {"dags": [DAG]}, {"detail": "x"}])
def test_another_answer_is_none_of_airflows(body: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        read_dags(body)
