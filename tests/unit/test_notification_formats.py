"""The bodies of notifications: what receivers take, and nothing that a name of a file could make of it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.fabric.state import JOB, WORKSPACE
from shared.fabric.names import FabricJob, PushOptions
from shared.notification.formats import Format, body
from shared.sync.state import Alert
from tests.unit.memory import NOON, make_route

ROUTE = make_route()
FORMATS: list[Format] = ["standard", "slack", "teams"]
EVIL = "<!channel> <https://evil|x> [x](https://evil) **b** _i_ `c` & \u202egnp.exe\nline"
SINCE = NOON - timedelta(minutes=5)


def make_alert(kind: str, **parts: Any) -> Alert:  # noqa: ANN401 - parts of Alert
    of_all = {"id": f"{kind}-sync-1", "kind": kind, "at": NOON, "since": SINCE, "sync_id": "sync-1"}
    return Alert.model_validate(of_all | parts)


FAILED = make_alert("failed", code="BadRequest", sentence="no such linked service", count=2)
HELD = make_alert("held", code="FolderEmpty", sentence="all 3 files are gone")
REMOVED = make_alert("removed", count=5, names=("airflow/dags/a.py", "airflow/dags/b.py", "airflow/dags/c.py"))
RECOVERED = make_alert("recovered", code="BadRequest", count=2)


def rendered(format_name: Format, told: Alert, origin: str = "https://app.example") -> Any:  # noqa: ANN401 - JSON
    return json.loads(body(format_name, ROUTE, told, origin))


def words(told: Alert) -> str:
    data = rendered("standard", told)["data"]
    return f"{data['title']}\n{data['text']}"


def test_a_refusal_says_why_since_when_and_what_to_do() -> None:
    assert words(FAILED).splitlines() == [
        "Syncs of route default into sample-2 are failing",
        "BadRequest: no such linked service",
        "Since 2026-01-01 11:55:00 UTC, 2 attempts so far.",
        "Needs a decision by an operator: the relay retries after a change in the folder, or once an hour.",
        "When fixed: POST /api/routes/default/sync",
    ]


def test_a_failure_for_now_says_that_no_action_is_needed() -> None:
    told = words(FAILED.model_copy(update={"transient": True, "count": 1}))
    assert "1 attempt so far." in told
    assert told.endswith("The relay keeps retrying automatically and sends a message when it has recovered.")


def test_a_hold_says_how_to_let_the_change_through() -> None:
    assert words(HELD).splitlines() == [
        "A change of route default is held back from sample-2",
        "FolderEmpty: all 3 files are gone",
        "Since 2026-01-01 11:55:00 UTC. Change the folder, or let it through as it is:",
        "POST /api/routes/default/sync?force=true",
    ]


def test_removed_files_are_counted_and_the_first_are_named() -> None:
    assert words(REMOVED).splitlines()[:2] == [
        "5 files removed from route default, but still in sample-2",
        "airflow/dags/a.py, airflow/dags/b.py, airflow/dags/c.py and 2 more",
    ]
    one = REMOVED.model_copy(update={"count": 1, "names": ("airflow/dags/a.py",)})
    assert words(one).startswith("1 file removed from route default, but still in sample-2\nairflow/dags/a.py\n")


def test_files_that_a_job_keeps_are_kept_because_the_route_says_so() -> None:
    into_fabric = replace(ROUTE, environment=FabricJob(WORKSPACE, JOB), request=PushOptions(deletes="report"))
    told = json.loads(body("standard", into_fabric, REMOVED, "https://app.example"))["data"]["text"]
    assert "The route reports deletions only: delete them in Airflow" in told


def test_a_recovery_says_what_is_over_and_how_long_it_was() -> None:
    assert words(RECOVERED).splitlines() == [
        "Route default has recovered: sample-2 is up to date with its folder",
        "BadRequest began 2026-01-01 11:55:00 UTC and ended 2026-01-01 12:00:00 UTC, after 2 failed attempts.",
    ]


def test_the_standard_payload_has_type_timestamp_and_data() -> None:
    payload = rendered("standard", FAILED)
    assert payload.keys() == {"type", "timestamp", "data"}
    assert (payload["type"], payload["timestamp"]) == ("route.failed", "2026-01-01T12:00:00+00:00")
    data = payload["data"]
    assert (data["route"], data["environment"], data["syncId"]) == ("default", "sample-2", "sync-1")
    assert (data["code"], data["message"], data["count"]) == ("BadRequest", "no such linked service", 2)
    assert data["link"] == "https://app.example/api/routes/default/syncs/sync-1"


def test_without_a_host_name_the_link_is_a_path() -> None:
    assert rendered("standard", FAILED, "")["data"]["link"] == "/api/routes/default/syncs/sync-1"
    assert "actions" not in rendered("teams", FAILED, "")["attachments"][0]["content"]
    assert "`/api/routes/default/syncs/sync-1`" in rendered("slack", FAILED, "")["blocks"][2]["elements"][0]["text"]


def test_slack_gets_blocks_and_a_text_to_fall_back_to() -> None:
    payload = rendered("slack", FAILED)
    assert payload["text"] == "Syncs of route default into sample-2 are failing"
    assert [block["type"] for block in payload["blocks"]] == ["header", "section", "context"]
    link = payload["blocks"][2]["elements"][0]
    assert link == {
        "type": "mrkdwn",
        "text": "<https://app.example/api/routes/default/syncs/sync-1|Record of the sync>",
    }


def test_teams_gets_an_adaptive_card() -> None:
    payload = rendered("teams", FAILED)
    (attachment,) = payload["attachments"]
    assert (payload["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"][0]["url"] == "https://app.example/api/routes/default/syncs/sync-1"


@pytest.mark.parametrize("told", [FAILED, HELD, REMOVED, RECOVERED], ids=lambda told: told.kind)
def test_in_slack_nothing_that_is_not_ours_is_markup(told: Alert) -> None:
    evil = told.model_copy(update={"code": EVIL, "sentence": EVIL, "names": (EVIL,)})
    payload = rendered("slack", evil)
    header, section, context = payload["blocks"]
    assert header["text"]["type"] == section["text"]["type"] == "plain_text"
    assert not set("<>") & set(header["text"]["text"] + section["text"]["text"] + payload["text"])
    assert context == rendered("slack", told)["blocks"][2]


def test_slack_escapes_ampersands_too_and_keeps_to_its_lengths() -> None:
    long = FAILED.model_copy(update={"sentence": "<&>" * 3000})
    section = rendered("slack", long)["blocks"][1]["text"]["text"]
    assert section.startswith("BadRequest: &lt;&amp;&gt;&lt;")
    assert 2900 < len(section) <= 3000
    assert section.endswith("…")


@pytest.mark.parametrize("told", [FAILED, HELD, REMOVED, RECOVERED], ids=lambda told: told.kind)
def test_in_teams_nothing_that_is_not_ours_is_where_markdown_is_read(told: Alert) -> None:
    evil = told.model_copy(update={"code": EVIL, "sentence": EVIL, "names": (EVIL,)})
    card = rendered("teams", evil)["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    del card["body"]
    honest = rendered("teams", told)["attachments"][0]["content"]
    del honest["body"]
    assert card == honest


@pytest.mark.parametrize("format_name", FORMATS)
def test_control_and_direction_characters_do_not_get_into_the_words(format_name: Format) -> None:
    evil = REMOVED.model_copy(update={"names": (EVIL,)})
    payload = rendered(format_name, evil)
    if format_name == "standard":
        payload["data"].pop("names")
    text = json.dumps(payload, ensure_ascii=False)
    assert "\u202e" not in text
    assert "gnp.exe line" in text


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_repeated_delivery_has_the_same_body(format_name: Format) -> None:
    assert body(format_name, ROUTE, FAILED, "") == body(format_name, ROUTE, FAILED, "")


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_body_is_small_whatever_azure_says(format_name: Format) -> None:
    longest = REMOVED.model_copy(update={"sentence": "\U0001f600" * 500, "names": ("\U0001f600" * 150,) * 3})
    assert len(body(format_name, ROUTE, longest, "https://app.example")) < 20_000
