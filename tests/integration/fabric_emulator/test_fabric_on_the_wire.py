"""The emulated Fabric beside ARM in one process: journal, faults, tokens, and what its own endpoints say."""

from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken

from shared.storage.connections import credential
from tests.integration.fabric_emulator.conftest import Held, Settings


def journal(emulator: str) -> list[dict[str, Any]]:
    return list(requests.get(f"{emulator}/_emulator/journal", timeout=10).json())


def test_the_ready_line_says_where_it_is(emulator: str, token: AccessToken) -> None:
    answer = requests.get(f"{emulator}/v1/workspaces", headers={"Authorization": f"Bearer {token.token}"}, timeout=10)
    assert [workspace["displayName"] for workspace in answer.json()["value"]] == ["example-workspace"]


def test_calls_are_in_the_journal(emulator: str, session: requests.Session, job: str) -> None:
    session.put(f"{job}/files/dags/a.py", data="x = 1\n", timeout=10)
    [entry] = journal(emulator)
    assert (entry["method"], entry["status"], entry["body"]) == ("PUT", 200, "x = 1\n")
    assert "authorization" not in entry["headers"]


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_fault_comes_before_or_after_the_effect(
    emulator: str,
    session: requests.Session,
    job: str,
    held: Held,
    reset: str,
) -> None:
    script = {"match": {"method": "PUT", "path_contains": "/files/"}, "answer": {"reset": reset}}
    requests.post(f"{emulator}/_emulator/faults", json=script, timeout=10).raise_for_status()
    with pytest.raises(requests.ConnectionError):
        session.put(f"{job}/files/dags/a.py", data="x = 1\n", timeout=10)
    assert list(held()) == {"before": [], "after": ["dags/a.py"]}[reset]


def test_a_scripted_refusal_has_fabrics_headers(emulator: str, session: requests.Session, job: str) -> None:
    answer = {"status": 503, "body": {"errorCode": "UnknownError", "message": "?"}}
    requests.post(f"{emulator}/_emulator/faults", json={"answer": answer}, timeout=10).raise_for_status()
    refused = session.get(job, timeout=10)
    assert (refused.status_code, refused.headers["RequestId"] != "") == (503, True)
    assert "x-ms-routing-request-id" not in refused.headers


def test_a_token_for_arm_is_refused(emulator: str, job: str) -> None:
    assert emulator
    other = credential().get_token("https://management.azure.com/.default").token
    refused = requests.get(job, headers={"Authorization": f"Bearer {other}"}, timeout=10)
    assert (refused.status_code, refused.headers["x-ms-public-api-error-code"]) == (401, "Unauthorized")


def test_the_files_of_a_job_that_does_not_exist_are_not_found(emulator: str) -> None:
    assert requests.get(f"{emulator}/_emulator/fabric/jobs/none/files", timeout=10).status_code == 404


def test_a_reset_forgets_files_jobs_and_settings(
    emulator: str,
    session: requests.Session,
    job: str,
    held: Held,
    settings: Settings,
) -> None:
    session.put(f"{job}/files/dags/a.py", data="x", timeout=10)
    settings(fabric_status="Failed")
    requests.post(f"{emulator}/_emulator/reset", timeout=10).raise_for_status()
    assert held() == {}
    assert session.get(f"{job}/environment", timeout=10).json() == {"status": "Started"}


def test_a_file_of_2_mib_is_taken_and_one_more_byte_is_not(session: requests.Session, job: str, held: Held) -> None:
    most = 2 * 1024 * 1024
    assert session.put(f"{job}/files/plugins/a.whl", data=b"x" * most, timeout=10).status_code == 200
    refused = session.put(f"{job}/files/plugins/b.whl", data=b"x" * (most + 1), timeout=10)
    assert (refused.status_code, refused.json()["errorCode"]) == (413, "FileTooLarge")
    assert list(held()) == ["plugins/a.whl"]
