"""Scripted faults as a client meets them, and what the journal and the state say afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

Fault = Callable[..., None]
Journal = Callable[[], list[dict[str, Any]]]


def test_a_scripted_answer_replaces_the_emulators(
    session: requests.Session, factory: str, fault: Fault, journal: Journal
) -> None:
    fault({"status": 503, "headers": {"Retry-After": 7}, "body": "<h1>Busy</h1>"})
    put = session.put(f"{factory}/integrationruntimes/new", json={"properties": {"type": "Airflow"}}, timeout=10)
    assert (put.status_code, put.headers["Retry-After"], put.text) == (503, "7", "<h1>Busy</h1>")
    assert put.headers["x-ms-request-id"]
    assert session.get(f"{factory}/integrationruntimes/new", timeout=10).status_code == 404
    assert [entry["status"] for entry in journal()] == [503, 404]


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_reset_ends_the_connection_before_or_after_the_request_is_acted_on(
    session: requests.Session, factory: str, fault: Fault, journal: Journal, reset: str
) -> None:
    left = {"before": 404, "after": 200}[reset]
    fault({"reset": reset})
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        session.put(f"{factory}/integrationruntimes/new", json={"properties": {"type": "Airflow"}}, timeout=10)
    assert session.get(f"{factory}/integrationruntimes/new", timeout=10).status_code == left
    assert [entry["status"] for entry in journal()] == [None, left]


def test_a_truncated_answer_breaks_off(session: requests.Session, factory: str, fault: Fault) -> None:
    fault({"truncate_body_at": 20})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        session.get(factory, timeout=10)


def test_a_slow_answer_is_complete(session: requests.Session, factory: str, fault: Fault) -> None:
    expected = session.get(factory, timeout=10).json()
    fault({"slow_body_s": 0.1})
    assert session.get(factory, timeout=10).json() == expected


def test_a_slow_answer_outlasts_an_impatient_client(session: requests.Session, factory: str, fault: Fault) -> None:
    fault({"slow_body_s": 60})
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        session.get(factory, timeout=0.2)


def test_a_delay_ends_with_the_usual_answer(session: requests.Session, factory: str, fault: Fault) -> None:
    fault({"delay_s": 0.3})
    with pytest.raises(requests.ReadTimeout):
        session.get(factory, timeout=0.05)
    fault({"delay_s": 0.01, "headers": {"x-extra": "1"}})
    answer = session.get(factory, timeout=10)
    assert (answer.status_code, answer.json()["name"], answer.headers["x-extra"]) == (200, "example-adf", "1")


def test_a_redirect_is_a_status_and_a_header(session: requests.Session, factory: str, fault: Fault) -> None:
    fault({"status": 307, "headers": {"Location": f"{factory}?elsewhere"}})
    answer = session.get(factory, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"{factory}?elsewhere")


def test_cleared_faults_do_not_happen(arm: str, session: requests.Session, factory: str, fault: Fault) -> None:
    fault({"status": 500}, times=None)
    assert session.get(factory, timeout=10).status_code == 500
    requests.delete(f"{arm}/_emulator/faults", timeout=10).raise_for_status()
    assert session.get(factory, timeout=10).status_code == 200
