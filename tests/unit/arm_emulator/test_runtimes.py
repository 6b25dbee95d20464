"""Integration runtimes: create, replace, read, list, delete, start, stop."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import JsonValue

from local.arm.exchange import Answer
from local.arm.state import Emulator

Ask = Callable[..., Answer]
Advance = Callable[[float], None]
BODY: JsonValue = {"name": "new", "properties": {"type": "Airflow"}}


def body(answer: Answer) -> dict[str, Any]:
    assert isinstance(answer.body, dict)
    return answer.body


@pytest.fixture
def runtimes(factory: str) -> str:
    return f"{factory}/integrationRuntimes"


def state(ask: Ask, path: str) -> str:
    return str(body(ask("GET", path))["properties"]["state"])


def test_a_new_environment_answers_like_the_seeds_sample(ask: Ask, runtimes: str, factory: str) -> None:
    answer = ask("PUT", f"{runtimes}/new", BODY)
    assert answer.status == 200
    assert body(answer)["id"] == f"{factory}/integrationruntimes/new"
    assert body(answer)["type"] == "Microsoft.DataFactory/factories/integrationruntimes"
    assert body(answer)["properties"]["state"] == "Initial"
    assert '"' not in body(answer)["etag"]


def test_a_new_environment_is_started_after_a_while(ask: Ask, runtimes: str, advance: Advance) -> None:
    ask("PUT", f"{runtimes}/new", BODY)
    seen = [state(ask, f"{runtimes}/new")]
    for _ in range(2):
        advance(0.5)
        seen.append(state(ask, f"{runtimes}/new"))
    assert seen == ["Initial", "Starting", "Started"]


def test_the_seeded_environment_is_started_and_found_in_any_case(ask: Ask, runtimes: str) -> None:
    assert state(ask, f"{runtimes}/SAMPLE-2") == "Started"
    assert state(ask, f"{runtimes}/%73ample-2") == "Started"


def test_an_update_keeps_the_state_and_changes_the_etag(ask: Ask, runtimes: str) -> None:
    before = body(ask("GET", f"{runtimes}/sample-2"))
    after = body(ask("PUT", f"{runtimes}/sample-2", BODY))
    assert after["properties"]["state"] == "Started"
    assert after["etag"] != before["etag"]
    assert body(ask("GET", f"{runtimes}/sample-2")) == after


def test_the_airflow_version_of_an_environment_stays(ask: Ask, runtimes: str) -> None:
    wanted = {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"airflowVersion": "2.6.3"}}}}
    assert ask("PUT", f"{runtimes}/sample-2", wanted).status == 400
    assert ask("PUT", f"{runtimes}/new", wanted).status == 200


@pytest.mark.parametrize("wrong", [None, [], "text", {}, {"properties": {"type": "Managed"}}])
def test_a_body_that_describes_no_airflow_environment_is_refused(ask: Ask, runtimes: str, wrong: JsonValue) -> None:
    answer = ask("PUT", f"{runtimes}/new", wrong)
    assert (answer.status, body(answer)["error"]["code"]) == (400, "InvalidRequestContent")


def test_a_name_that_is_not_legal_is_refused(ask: Ask, runtimes: str) -> None:
    assert ask("PUT", f"{runtimes}/a_b", BODY).status == 400


@pytest.mark.parametrize(
    ("name", "headers", "status"),
    [
        ("new", {"if-match": "*"}, 412),
        ("new", {"if-match": '"other"'}, 412),
        ("new", {"if-none-match": "*"}, 200),
        ("sample-2", {"if-match": "*"}, 200),
        ("sample-2", {"if-match": '"other"'}, 412),
        ("sample-2", {"if-match": '"{etag}"'}, 200),
        ("sample-2", {"if-match": "{etag}"}, 200),
        ("sample-2", {"if-none-match": "*"}, 412),
    ],
)
def test_a_put_heeds_its_preconditions(
    ask: Ask, runtimes: str, name: str, headers: dict[str, str], status: int
) -> None:
    etag = body(ask("GET", f"{runtimes}/sample-2"))["etag"]
    sent = {header: value.format(etag=etag) for header, value in headers.items()}
    answer = ask("PUT", f"{runtimes}/{name}", BODY, headers=sent)
    assert answer.status == status
    assert status == 200 or body(answer)["error"]["code"] == "PreconditionFailed"


def test_a_get_of_a_known_version_is_304(ask: Ask, runtimes: str) -> None:
    etag = body(ask("GET", f"{runtimes}/sample-2"))["etag"]
    assert ask("GET", f"{runtimes}/sample-2", headers={"if-none-match": f'"{etag}"'}).status == 304


def test_a_missing_environment_is_404(ask: Ask, runtimes: str) -> None:
    assert ask("GET", f"{runtimes}/missing").status == 404
    assert ask("POST", f"{runtimes}/missing/stop").status == 404


def test_a_deleted_environment_is_gone(ask: Ask, runtimes: str) -> None:
    statuses = [ask(method, f"{runtimes}/sample-2").status for method in ("DELETE", "DELETE", "GET")]
    assert statuses == [200, 204, 404]


def test_a_list_comes_in_pages_that_lead_to_the_next(ask: Ask, runtimes: str, emulator: Emulator) -> None:
    emulator.settings = emulator.settings.changed({"page_size": 2})
    for name in ("one", "two"):
        ask("PUT", f"{runtimes}/{name}", BODY)
    first = body(ask("GET", runtimes))
    assert [item["name"] for item in first["value"]] == ["one", "sample-2"]
    assert first["nextLink"].startswith("http://127.0.0.1:7072/subscriptions/")
    token = first["nextLink"].partition("$skiptoken=")[2]
    second = body(ask("GET", runtimes, query={"api-version": "2018-06-01", "$skiptoken": token}))
    assert [item["name"] for item in second["value"]] == ["two"]
    assert "nextLink" not in second


def test_the_status_alone_can_be_asked_for(ask: Ask, runtimes: str) -> None:
    status = body(ask("POST", f"{runtimes}/sample-2/getStatus"))
    assert (status["name"], status["properties"]["state"]) == ("sample-2", "Started")
    assert status["properties"]["dataFactoryName"] == "example-adf"


def test_stop_and_start_can_be_followed_by_one_url(ask: Ask, runtimes: str, advance: Advance) -> None:
    for action, on_the_way, there in (("stop", "Stopping", "Stopped"), ("start", "Starting", "Started")):
        accepted = ask("POST", f"{runtimes}/sample-2/{action}")
        assert accepted.status == 202
        assert accepted.headers["azure-asyncoperation"] == accepted.headers["location"]
        poll = accepted.headers["location"].removeprefix("http://127.0.0.1:7072").partition("?")[0]
        assert (ask("GET", poll).status, state(ask, f"{runtimes}/sample-2")) == (202, on_the_way)
        advance(0.5)
        assert body(ask("GET", poll)) == {"status": "Succeeded"}
        assert state(ask, f"{runtimes}/sample-2") == there


def test_stopping_what_is_stopped_is_over_at_once(ask: Ask, runtimes: str, advance: Advance) -> None:
    ask("POST", f"{runtimes}/sample-2/stop")
    advance(0.5)
    ask("POST", f"{runtimes}/sample-2/stop")
    assert state(ask, f"{runtimes}/sample-2") == "Stopped"


def test_an_operation_that_was_never_started_is_404(ask: Ask, runtimes: str) -> None:
    assert ask("GET", f"{runtimes}/sample-2/IntegrationRuntimesStop/operationresults/0").status == 404
