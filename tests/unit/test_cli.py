import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from rich.console import Console

from cli.deployment import Deployment
from cli.errors import CommandError, Exit, NotFoundError
from cli.files import Files
from cli.plan import plan_spec
from cli.status import Pace, watch
from cli.sync import Wish
from cli.tables import age, is_ready, names_table, problems_of_route, problems_of_sync, problems_table, routes_table

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def route(ready: str = "True", name: str = "default") -> dict[str, Any]:
    sentence = "[red]not markup[/red]"
    conditions = [
        {"type": "Ready", "status": ready, "reason": "Synced", "sentence": sentence, "since": None},
        {"type": "Reconciling", "status": "False", "reason": "Idle", "sentence": "", "since": None},
    ]
    synced = {"listedAt": "2026-01-02T11:00:00Z", "files": 3}
    return {"name": name, "conditions": conditions, "synced": synced, "pendingSince": None, "failuresInARow": 0}


def printed(table: object) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=61), "1 h"),
        (timedelta(days=3, hours=5), "3 d"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(passed: timedelta, text: str) -> None:
    assert age((NOW - passed).isoformat(), NOW) == text


def test_a_route_is_a_row_in_which_nothing_is_markup() -> None:
    shown = printed(routes_table([route()], NOW))
    assert "1 h ago, 3 files" in shown
    assert "[red]not markup[/red]" in shown


@pytest.mark.parametrize(("ready", "told"), [("True", "etl.py, line 3"), ("False", "[red]not markup[/red]")])
def test_airflows_errors_are_told_where_nothing_keeps_a_route_from_being_ready(ready: str, told: str) -> None:
    shown = route(ready)
    parsed = {
        "type": "Parsed",
        "status": "False",
        "reason": "ImportErrors",
        "sentence": "etl.py, line 3",
        "since": None,
    }
    shown["conditions"].append(parsed)
    assert told in printed(routes_table([shown], NOW))


AIRFLOW = {
    "errors": 4,
    "firstErrors": [{"name": "airflow/dags/etl.py", "line": 3, "words": "[b]NameError[/b]"}],
    "states": {"ImportError": 4, "NotSeen": 2},
}
FINDINGS = [
    {"file": "dags/warned.py", "line": None, "reason": "NoDagFound", "message": "no DAG", "blocking": False},
    {"file": "dags/broken.py", "line": 7, "reason": "SyntaxError", "message": "invalid syntax", "blocking": True},
]


def test_problems_in_files_are_told_worst_first_and_the_rest_is_counted() -> None:
    findings = {"count": 5, "first": FINDINGS}
    problems = problems_of_route(route() | {"airflow": AIRFLOW, "findings": findings})
    assert [(each.file, each.line, each.words) for each in problems] == [
        ("airflow/dags/etl.py", 3, "[b]NameError[/b]"),
        ("dags/broken.py", 7, "invalid syntax"),
        ("2 files", None, "Airflow has not seen them"),
        ("dags/warned.py", None, "no DAG"),
        ("and 6 more", None, ""),
    ]
    assert "[b]NameError[/b]" in printed(problems_table(problems))


def test_a_sync_asks_for_what_is_wished_and_no_more() -> None:
    assert Wish().query() == {"force": "false"}
    assert Wish(force=True, verify_content=True).query() == {"force": "true", "verify": "content"}


def test_problems_of_a_sync_are_those_of_its_record() -> None:
    record = {"route": "default", "airflow": None, "findings": FINDINGS}
    assert [each.file for each in problems_of_sync(record)] == ["dags/broken.py", "dags/warned.py"]


@pytest.mark.parametrize(("status", "ready"), [("True", True), ("False", False), ("Unknown", False)])
def test_only_true_is_ready(status: str, *, ready: bool) -> None:
    assert is_ready(route(status)) is ready


def test_long_lists_of_names_end_with_how_many_are_left_out() -> None:
    names = {"count": 200, "first": [f"dags/{n}.py" for n in range(100)]}
    none: dict[str, Any] = {"count": 0, "first": []}
    assert "and 180 more" in printed(names_table({"added": names, "changed": none, "removed": none}))


@pytest.mark.parametrize("url", ["", "app.azurewebsites.net", "ftp://app", "https://"])
def test_a_url_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(CommandError, match="expected a URL like"):
        Deployment(url, None)


def test_a_key_is_not_sent_in_the_clear_except_to_this_machine() -> None:
    Deployment("http://127.0.0.1:7071", "canary")
    with pytest.raises(CommandError, match="a key is only sent over https") as refused:
        Deployment("http://app.example", "canary")
    assert "canary" not in str(refused.value)


def test_files_that_are_not_imported_are_told_beside_the_status() -> None:
    ignored = {"count": 2, "first": [{"name": "airflow/dags//x.py", "reason": "its path has an empty part"}]}
    shown = printed(routes_table([route() | {"ignored": ignored}], NOW))
    assert "not imported: 2 files" in shown


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[requests.PreparedRequest]:
    """The requests of an app that answers all of them alike."""
    sent: list[requests.PreparedRequest] = []

    def send(_session: object, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        sent.append(request)
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(b'{"state": "synced", "sentence": ""}')
        return answer

    monkeypatch.setattr(requests.Session, "send", send)
    return sent


@pytest.mark.parametrize("spec", [b'{"a": [1e3, 0.12345678901234567890123], "a": "\\u00fc"}\n', b"\xef\xbb\xbf{}"])
def test_the_plan_of_a_spec_sends_the_bytes_of_the_file(sent: list[requests.PreparedRequest], spec: bytes) -> None:
    plan_spec(Deployment("http://127.0.0.1", None), "sample-2", spec, as_json=True)
    assert [(request.body, request.headers["Content-Type"]) for request in sent] == [(spec, "application/json")]


def test_the_path_of_a_file_keeps_its_slashes_and_nothing_else(sent: list[requests.PreparedRequest]) -> None:
    app = Deployment("http://127.0.0.1", None)
    Files(app, "default").look(["dags/a%2Fb/c d?e#fü+&.py"], "synced")
    assert sent[0].url == "http://127.0.0.1/api/routes/default/files/dags/a%252Fb/c%20d%3Fe%23f%C3%BC%2B%26.py"


@pytest.mark.parametrize("path", ["./dags/a.py", "dags/../../../../health", ".."])
def test_a_path_that_would_lead_elsewhere_in_the_app_is_refused(path: str) -> None:
    with pytest.raises(CommandError, match=r"^expected a name, or a path of names, not '\.\.?'$"):
        Files(Deployment("http://127.0.0.1", None), "default").look([path], "synced")


class Recorder(Deployment):
    """An app with two routes that notes what is posted; an old one knows no looks."""

    def __init__(self, *, old: bool = False) -> None:
        super().__init__("http://127.0.0.1", None)
        self.old = old
        self.posted: list[tuple[str, ...]] = []

    def get(self, *_segments: str, **_query: str) -> Any:  # noqa: ANN401
        return {"value": [route(name="a"), route(name="b")]}

    def post(self, *segments: str, **_query: str) -> Any:  # noqa: ANN401
        if self.old:
            raise NotFoundError("404")
        self.posted.append(segments)


def test_watching_until_ready_has_each_folder_looked_at_first() -> None:
    app = Recorder()
    assert watch(app, None, Pace(0.0, 0.0), until_ready=True, as_json=True) == Exit.OK
    assert app.posted == [("routes", "a", "look"), ("routes", "b", "look")]
    assert watch(app, None, Pace(0.0, 0.0), until_ready=False, as_json=True) == Exit.TIMED_OUT
    assert len(app.posted) == 2


def test_an_app_that_knows_no_looks_is_watched_all_the_same() -> None:
    assert watch(Recorder(old=True), None, Pace(0.0, 0.0), until_ready=True, as_json=True) == Exit.OK
