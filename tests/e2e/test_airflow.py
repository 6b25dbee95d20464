"""Is it in Airflow? From an upload to what Airflow made of it, on the whole stack with the emulated Airflow."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Running, running_stack
from tests.waiting import until

GOOD = b'from airflow import DAG\n\nwith DAG("etl"):\n    pass\n'
BROKEN = b"from airflow import DAG\n\ndef task(:\n    pass\n"
PATIENCE_S = 120


@pytest.fixture(scope="module", params=["2.10.5", "3.3.2"])
def stack(request: pytest.FixtureRequest) -> Iterator[Running]:
    with running_stack(RELAY_AIRFLOW_API="entra", RELAY_QUIET_SECONDS="1") as (running, _):
        settings = {"airflow_version": request.param}
        requests.post(f"{running.addresses.arm}/_emulator/settings", json=settings, timeout=60).raise_for_status()
        running.container.create_container()
        yield running


def route(stack: Running) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{stack.addresses.app}/api/routes/default", timeout=60).json()
    return answer


def parsed_as(stack: Running, status: str) -> dict[str, Any] | None:
    conditions = route(stack)["conditions"]
    return next((each for each in conditions if (each["type"], each["status"]) == ("Parsed", status)), None)


def in_airflow(stack: Running, path: str) -> dict[str, Any] | None:
    answer = requests.get(f"{stack.addresses.app}/api/routes/default/files/{path}", timeout=60).json()
    found: dict[str, Any] | None = answer.get("airflow")
    return found if found and found["state"] != "Pending" else None


def verdict(stack: Running, path: str) -> dict[str, Any]:
    found = until(lambda: in_airflow(stack, path), f"a verdict on {path}", PATIENCE_S)
    assert found
    return found


def test_an_import_error_is_seen_with_its_line_and_goes_with_the_correction(stack: Running) -> None:
    stack.upload("dags/etl.py", GOOD)
    stack.upload("dags/broken.py", BROKEN)
    broken = verdict(stack, "dags/broken.py")
    assert broken["state"] == "ImportError"
    assert broken["error"] == {"type": "SyntaxError", "message": "invalid syntax", "line": 3}
    etl = verdict(stack, "dags/etl.py")
    assert (etl["state"], etl["dags"], etl["error"]) == ("Parsed", ["etl"], None)
    condition = until(lambda: parsed_as(stack, "False"), "the condition", PATIENCE_S)
    assert condition
    assert condition["reason"] == "ImportErrors"
    assert "broken.py, line 3: SyntaxError: invalid syntax" in condition["sentence"]
    assert next(each for each in route(stack)["conditions"] if each["type"] == "Ready")["status"] == "True"

    stack.upload("dags/broken.py", GOOD.replace(b"etl", b"corrected"))
    until(lambda: parsed_as(stack, "True"), "no error any more", PATIENCE_S)
    corrected = verdict(stack, "dags/broken.py")
    assert (corrected["state"], corrected["dags"]) == ("Parsed", ["corrected"])
