"""`/_emulator`: journal, settings, faults, reset, and the managed identity."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from azure.identity import DefaultAzureCredential

Journal = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def credential(arm: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[DefaultAzureCredential]:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{arm}/_emulator/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", "local-stack")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    with closing(DefaultAzureCredential()) as made:
        yield made


def test_the_journal_shows_requests_as_they_came_without_the_token(
    session: requests.Session, factory: str, journal: Journal
) -> None:
    session.put(f"{factory}/integrationruntimes/new", json={"properties": {"type": "Airflow"}}, timeout=10)
    session.post(f"{factory}/airflow/sync", data="not json", timeout=10)
    put, post = journal()
    assert (put["method"], put["status"], put["query"]) == ("PUT", 200, {"api-version": "2018-06-01"})
    assert put["path"].endswith("/example-adf/integrationruntimes/new")
    assert put["body"] == {"properties": {"type": "Airflow"}}
    assert put["headers"]["content-type"] == "application/json"
    assert "authorization" not in put["headers"]
    assert put["at"] < post["at"]
    assert (post["body"], post["status"]) == ("not json", 400)


def test_the_journal_shows_all_values_of_a_name_that_comes_more_than_once(
    session: requests.Session, factory: str, journal: Journal
) -> None:
    session.get(f"{factory}?a=1&a=2&b=", headers={"X-Once": "1"}, timeout=10)
    host = urlsplit(factory)
    with socket.create_connection((str(host.hostname), host.port or 0), timeout=10) as connection:
        connection.sendall(f"GET {host.path} HTTP/1.0\r\nX-A: 1\r\nx-a: 2\r\n\r\n".encode())
        assert connection.recv(1000)
    query, headers = journal()
    assert query["query"] == {"a": ["1", "2"], "b": "", "api-version": "2018-06-01"}
    assert headers["headers"] == {"x-a": "1, 2"}


@pytest.mark.parametrize("body", ["[" * 100_000, "{" + '"a":{' * 5_000])
def test_a_body_with_too_many_levels_is_refused_and_leaves_the_journal_readable(
    session: requests.Session, factory: str, journal: Journal, body: str
) -> None:
    answer = session.put(f"{factory}/integrationruntimes/new", data=body, timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")
    assert [(entry["body"], entry["status"]) for entry in journal()] == [(body, 400)]


def test_requests_without_a_token_are_refused_and_in_the_journal(factory: str, journal: Journal) -> None:
    answer = requests.get(factory, params={"api-version": "2018-06-01"}, timeout=10)
    assert answer.json()["error"]["code"] == "AuthenticationFailed"
    assert [entry["status"] for entry in journal()] == [401]


def test_a_body_above_4_mb_is_refused(session: requests.Session, factory: str) -> None:
    answer = session.put(f"{factory}/integrationruntimes/new", data=b" " * (4 * 1024 * 1024 + 1), timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "RequestContentTooLarge")


def test_the_unmodified_default_credential_gets_a_token_that_arm_takes(
    credential: DefaultAzureCredential, factory: str
) -> None:
    token = credential.get_token("https://management.azure.com/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(factory, params={"api-version": "2018-06-01"}, headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("params", "header", "status"),
    [
        ({"api-version": "2019-08-01", "resource": "x"}, "wrong", 401),
        ({"api-version": "2017-09-01", "resource": "x"}, "local-stack", 400),
        ({"api-version": "2019-08-01"}, "local-stack", 400),
    ],
)
def test_the_identity_endpoint_says_what_it_expects(arm: str, params: dict[str, str], header: str, status: int) -> None:
    headers = {"X-IDENTITY-HEADER": header}
    answer = requests.get(f"{arm}/_emulator/identity/token", params=params, headers=headers, timeout=10)
    assert answer.status_code == status
    assert answer.json()["message"].startswith("expected")


def test_settings_can_be_read_and_changed_one_by_one(arm: str) -> None:
    changed = requests.post(f"{arm}/_emulator/settings", json={"import_seconds": 1.5}, timeout=10).json()
    assert (changed["import_seconds"], changed["sync_style"]) == (1.5, "accepted")
    assert requests.get(f"{arm}/_emulator/settings", timeout=10).json() == changed


@pytest.mark.parametrize("endpoint", ["settings", "faults"])
@pytest.mark.parametrize("body", ['{"what": 1}', "{", "7", "[" * 100_000, '{"answer": {"body": 1e999}}'])
def test_malformed_input_is_refused_with_a_sentence(arm: str, endpoint: str, body: str) -> None:
    answer = requests.post(f"{arm}/_emulator/{endpoint}", data=body, timeout=10)
    assert answer.status_code == 400
    assert any(start in answer.text for start in ("cannot be used: ", "expected JSON", "not JSON compliant"))


def test_a_content_type_decides_nothing(arm: str) -> None:
    headers = {"Content-Type": "text/plain; charset=none-such"}
    assert requests.post(f"{arm}/_emulator/settings", data='{"page_size": 5}', headers=headers, timeout=10).ok


def test_a_reset_forgets_everything_but_the_seed(
    arm: str, session: requests.Session, factory: str, journal: Journal
) -> None:
    session.delete(f"{factory}/integrationruntimes/sample-2", timeout=10)
    requests.post(f"{arm}/_emulator/settings", json={"throttle": False}, timeout=10)
    requests.post(f"{arm}/_emulator/faults", json={"answer": {"status": 500}}, timeout=10)
    requests.post(f"{arm}/_emulator/reset", timeout=10)
    assert journal() == []
    assert session.get(f"{factory}/integrationruntimes/sample-2", timeout=10).json()["properties"]["state"] == "Started"
    assert requests.get(f"{arm}/_emulator/settings", timeout=10).json()["throttle"] is True


def test_an_endpoint_that_does_not_exist_is_not_taken_for_arm(arm: str, journal: Journal) -> None:
    assert requests.get(f"{arm}/_emulator/what", timeout=10).status_code == 404
    assert journal() == []
