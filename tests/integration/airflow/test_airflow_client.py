"""The client of Airflow's REST API against the emulated Airflow, in both forms of the API."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests

from shared.adf.names import EnvironmentId
from shared.airflow.client import AirflowClient, BasicLogin
from shared.arm import factory
from shared.errors import NoToken, ServiceRefusal, ServiceUnavailable
from shared.rest.caller import RestCaller
from tests.integration.airflow.conftest import FACTORY, Set, Upload
from tests.waiting import until

GOOD = 'from airflow import DAG\n\nwith DAG("etl"):\n    pass\n'
BROKEN = "from airflow import DAG\n\ndef task(:\n    pass\n"
LOGIN = {"userName": "relay", "password": "hunter2-hunter2"}

versions = pytest.mark.parametrize("version", ["2.10.5", "3.3.2"])


@pytest.fixture
def fault(emulator: str) -> Callable[..., None]:
    def script(path: str = "/_airflow/", times: int | None = 1, **answer: object) -> None:
        body = {"match": {"path_contains": path}, "times": times, "answer": answer}
        requests.post(f"{emulator}/_emulator/faults", json=body, timeout=10).raise_for_status()

    return script


@versions
def test_a_look_shows_dags_and_errors_with_times_by_airflows_clock(
    client: AirflowClient, settings: Set, imported: Upload, version: str
) -> None:
    settings(airflow_version=version)
    imported({"etl.py": GOOD, "sub/ün täg.py": BROKEN})
    seen = until(lambda: client.look(deadline_s=10), "a look")
    assert seen.version == version
    assert [(dag.dag_id, dag.active) for dag in seen.dags] == [("etl", True)]
    assert [error.location.removeprefix("/opt/airflow/dags/") for error in seen.errors] == ["sub/ün täg.py"]
    assert "line 3\n    def task(:" in seen.errors[0].stack_trace
    assert abs(seen.seen_at - datetime.now(UTC)) < timedelta(minutes=1)


@versions
def test_the_source_of_a_dag_is_what_was_imported(
    client: AirflowClient, settings: Set, imported: Upload, version: str
) -> None:
    settings(airflow_version=version)
    imported({"etl.py": GOOD})
    seen = client.look(deadline_s=10)
    assert client.with_sources(seen, list(seen.dags), deadline_s=10).sources == {"etl": GOOD}


@versions
def test_all_pages_are_read(client: AirflowClient, settings: Set, imported: Upload, version: str) -> None:
    settings(airflow_version=version)
    many = {
        f"many_{file}.py": "from airflow import DAG\n" + "".join(f'DAG("dag_{file}_{n:04}")\n' for n in range(1000))
        for file in range(10)
    }
    imported(many)
    seen = client.look(deadline_s=60)
    assert len({dag.dag_id for dag in seen.dags}) == 10_000


@versions
def test_a_login_is_sent_or_exchanged_for_a_token(
    arm: RestCaller, settings: Set, make_client: Callable[..., AirflowClient], version: str
) -> None:
    settings(airflow_version=version)
    spec = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": LOGIN}}}
    factory.put_environment(arm, EnvironmentId(FACTORY, "with-login"), spec, deadline_s=10)
    known = make_client("with-login", BasicLogin(LOGIN["userName"], LOGIN["password"]))
    assert known.look(deadline_s=10).version == version
    stranger = make_client("with-login", BasicLogin(LOGIN["userName"], "wrong"))
    with pytest.raises(ServiceRefusal) as refused:
        stranger.look(deadline_s=10)
    assert refused.value.status == 401


def test_a_token_that_has_ended_is_exchanged_anew(
    arm: RestCaller, settings: Set, make_client: Callable[..., AirflowClient], fault: Callable[..., None]
) -> None:
    settings(airflow_version="3.3.2")
    spec = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": LOGIN}}}
    factory.put_environment(arm, EnvironmentId(FACTORY, "with-login"), spec, deadline_s=10)
    client = make_client("with-login", BasicLogin(LOGIN["userName"], LOGIN["password"]))
    client.look(deadline_s=10)
    fault("/api/v2/dags", status=401, body={"detail": "Not authenticated"})
    assert client.look(deadline_s=10).version == "3.3.2"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_final(client: AirflowClient, fault: Callable[..., None], status: int) -> None:
    fault("/api/v1/dags", status=status, body={"detail": None, "title": "Forbidden"})
    with pytest.raises(ServiceRefusal) as refused:
        client.look(deadline_s=10)
    assert refused.value.status == status


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_left_to_the_next_look(client: AirflowClient, fault: Callable[..., None], status: int) -> None:
    fault("/importErrors", status=status, body="<html>down</html>")
    with pytest.raises(ServiceUnavailable):
        client.look(deadline_s=10)
    assert client.look(deadline_s=10).errors == ()


def test_no_answer_is_left_to_the_next_look(client: AirflowClient, fault: Callable[..., None]) -> None:
    fault("/api/v1/dags", reset="before")
    with pytest.raises(ServiceUnavailable):
        client.look(deadline_s=10)


def test_an_answer_that_does_not_end_in_time_is_left_to_the_next_look(
    client: AirflowClient, fault: Callable[..., None]
) -> None:
    fault("/api/v1/dags", delay_s=30)
    with pytest.raises(ServiceUnavailable):
        client.look(deadline_s=0.5)


def test_a_redirect_to_a_login_page_is_not_followed(client: AirflowClient, fault: Callable[..., None]) -> None:
    fault("/api/v1/dags", status=302, headers={"Location": "http://127.0.0.1:1/login"})
    with pytest.raises(ServiceRefusal, match="not logged in"):
        client.look(deadline_s=10)


def test_a_login_page_in_place_of_json_is_a_refusal_that_says_so(
    client: AirflowClient, fault: Callable[..., None]
) -> None:
    fault(times=None, status=200, headers={"Content-Type": "text/html"}, body="<html><form action=login></form></html>")
    with pytest.raises(ServiceRefusal, match="expected JSON of Airflow's REST API, got text/html"):
        client.look(deadline_s=10)


def test_json_of_another_shape_is_a_refusal_that_holds_nothing_of_it(
    client: AirflowClient, fault: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "shared")
    fault("/importErrors", status=200, body={"errors": [{"stack_trace": "hunter2"}], "total_entries": 1})
    with pytest.raises(ServiceRefusal) as refused:
        client.look(deadline_s=10)
    assert refused.value.code == "NotAirflow"
    assert refused.value.__context__ is None
    assert "hunter2" not in caplog.text


def test_an_odd_entry_hides_no_other_of_its_page_nor_those_of_the_next(
    client: AirflowClient, imported: Upload, fault: Callable[..., None]
) -> None:
    imported({"bad.py": BROKEN})
    until(lambda: client.look(deadline_s=10).errors, "an error")
    fault("/importErrors", status=200, body={"import_errors": [None], "total_entries": 2})
    fault("/importErrors", status=200, body={"import_errors": [{"filename": "/dags/b.py"}], "total_entries": 2})
    seen = client.look(deadline_s=10)
    assert [error.location for error in seen.errors] == ["/dags/b.py"]
    assert seen.unread_errors == 1


def test_a_source_that_is_not_shown_to_us_is_none(
    client: AirflowClient, imported: Upload, fault: Callable[..., None]
) -> None:
    imported({"etl.py": GOOD})
    [dag] = client.look(deadline_s=10).dags
    fault("/dagSources/", status=403, body={"title": "Forbidden"})
    assert client.source(dag, deadline_s=10) is None


def test_a_token_for_arm_is_not_good_for_airflow(emulator: str) -> None:
    answer = requests.get(
        f"{emulator}/_emulator/identity/token",
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": "local-stack"},
        timeout=10,
    ).json()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    url = f"{emulator}/_airflow/sample-2/api/v1/dags"
    assert requests.get(url, headers=bearer, timeout=10).status_code == 401


def test_without_a_token_of_its_own_identity_nothing_is_asked(
    client: AirflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/token")
    with pytest.raises(NoToken):
        client.look(deadline_s=3)


def test_a_file_that_airflow_parses_again_and_again_is_shown_with_its_last_parse(
    client: AirflowClient, settings: Set, imported: Upload
) -> None:
    settings(parse_seconds=3600)
    imported({"etl.py": GOOD})
    assert client.look(deadline_s=10).dags == ()
    settings(parse_seconds=0)
    assert len(client.look(deadline_s=10).dags) == 1


def test_an_airflow_that_was_upgraded_in_its_place_is_asked_in_its_new_form(
    client: AirflowClient, settings: Set, imported: Upload
) -> None:
    settings(airflow_version="2.10.5")
    imported({"etl.py": GOOD})
    assert client.look(deadline_s=10).version == "2.10.5"
    settings(airflow_version="3.3.2")
    assert client.look(deadline_s=10).version == "3.3.2"
