"""What the app's answers about files mean for who waits for them, and how the result is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.deployment import Deployment
from cli.errors import Exit, NotFoundError, UnreachableError
from cli.files import FileResult, Files, Goal, Verdict, Wait, judge, wait_for
from cli.screen import Output, annotation

PATH = "dags/sales.py"


def answer(state: str, /, **airflow: object) -> dict[str, Any]:
    shown = {"dags": [], "error": None, "reason": "not seen"} | airflow if airflow else None
    return {"path": PATH, "state": state, "sentence": "in words", "airflow": shown}


@pytest.mark.parametrize(
    ("state", "decided", "verdict"),
    [
        ("synced", False, "ok"),
        ("pending", False, "waiting"),
        ("syncing", False, "waiting"),
        ("open", False, "waiting"),
        ("failed", False, "waiting"),
        ("failed", True, "failed"),
        ("held", False, "waiting"),
        ("held", True, "failed"),
        ("suspended", False, "failed"),
        ("removed", False, "failed"),
        ("notImported", False, "failed"),
    ],
)
def test_synced_is_what_data_factory_took(state: str, verdict: Verdict, *, decided: bool) -> None:
    assert judge(PATH, answer(state), "synced", decided=decided).verdict == verdict


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("Parsed", "ok"),
        ("NoDag", "ok"),
        ("Pending", "waiting"),
        ("ImportError", "failed"),
        ("NotSeen", "failed"),
        ("Unreachable", "failed"),
    ],
)
def test_parsed_is_what_airflow_says(state: str, verdict: Verdict) -> None:
    assert judge(PATH, answer("synced", state=state), "parsed", decided=False).verdict == verdict
    assert judge(PATH, answer("pending", state=state), "parsed", decided=False).verdict == "waiting"


def test_an_import_error_has_airflows_words_and_line() -> None:
    error = {"type": "NameError", "message": "name 'x' is not defined", "line": 7}
    result = judge(PATH, answer("synced", state="ImportError", error=error), "parsed", decided=False)
    assert (result.message, result.line) == ("NameError: name 'x' is not defined", 7)


def test_an_app_that_does_not_ask_airflow_cannot_say_parsed() -> None:
    result = judge(PATH, {"path": PATH, "state": "synced", "sentence": ""}, "parsed", decided=False)
    assert (result.verdict, "RELAY_AIRFLOW_API" in result.message) == ("failed", True)


@pytest.mark.parametrize("path", ["requirements.txt", "plugins/p.py", "dags/query.sql", "dags/.airflowignore"])
def test_what_airflow_does_not_parse_is_only_synced(path: str) -> None:
    assert judge(path, answer("synced"), "parsed", decided=False).verdict == "ok"


class App(Deployment):
    """An app that answers from a list, of which the last one stays; it counts the questions."""

    def __init__(self, answers: dict[str, list[Any]], *, stalled: bool = False) -> None:
        super().__init__("http://127.0.0.1", None)
        self.answers, self.asked = answers, list[str]()
        conditions = [{"type": "Stalled", "status": str(stalled)}, {"type": "Reconciling", "status": "False"}]
        self.route: dict[str, Any] = {"conditions": conditions, "requested": None}

    def get(self, *segments: str, **_query: str) -> Any:  # noqa: ANN401
        if segments == ("routes", "default"):
            return self.route
        path = "/".join(segments[3:])
        self.asked.append(path)
        left = self.answers[path]
        shown = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(shown, Exception):
            raise shown
        return answer(shown)


def waited(app: App, *paths: str, timeout_s: float = 60, differing: Callable[[], list[str]] = list) -> list[FileResult]:
    def ignore(_done: int, _message: str) -> None:
        pass

    return wait_for(Files(app, "default", differing), paths, Wait("synced", 0.001, timeout_s), ignore)


def test_while_the_first_file_waits_the_others_are_not_asked_about() -> None:
    app = App({"a": ["pending", "syncing", "synced"], "b": ["synced"], "c": ["synced"]})
    assert [result.verdict for result in waited(app, "a", "b", "c")] == ["ok", "ok", "ok"]
    assert (app.asked[:3], sorted(app.asked[3:])) == (["a", "a", "a"], ["b", "c"])


def test_an_app_that_is_away_for_a_while_is_asked_again() -> None:
    app = App({"a": [UnreachableError("cannot reach it"), "synced"]})
    assert [result.verdict for result in waited(app, "a")] == ["ok"]


def test_at_the_time_out_it_says_what_was_known_last() -> None:
    (result,) = waited(App({"a": ["pending"]}), "a", timeout_s=0)
    assert (result.verdict, result.state, result.message) == ("waiting", "pending", "in words")


def test_a_failed_sync_is_final_only_when_the_route_needs_an_operator() -> None:
    assert waited(App({"a": ["failed", "synced"]}), "a")[0].verdict == "ok"
    assert waited(App({"a": ["failed", "synced"]}, stalled=True), "a")[0].verdict == "failed"
    requested = App({"a": ["failed", "synced"]}, stalled=True)
    requested.route["requested"] = {"syncId": "1"}
    assert waited(requested, "a")[0].verdict == "ok"


def test_what_airflow_said_before_this_sync_does_not_count() -> None:
    class Asking(App):
        def get(self, *segments: str, **_query: str) -> Any:  # noqa: ANN401
            if segments == ("routes", "default"):
                return {"asking": {"syncId": "2"}, "airflow": {"syncId": next(known)}}
            self.asked.append("/".join(segments[3:]))
            return answer("synced", state="Parsed")

    known = iter(["1", "1", "2"])
    app = Asking({})
    wait_for(Files(app, "default"), ["dags/a.py"], Wait("parsed", 0.001, 60), lambda _done, _message: None)
    assert (next(known, None), app.asked) == (None, ["dags/a.py", "dags/a.py"])


def test_a_file_that_the_app_does_not_know_is_a_failure() -> None:
    (result,) = waited(App({"a": [NotFoundError("404")]}), "a")
    assert (result.verdict, result.state) == ("failed", "missing")


def test_another_version_in_the_folder_is_waited_out() -> None:
    differing = iter([["a"], ["a"]])
    app = App({"a": ["synced"]})
    assert waited(app, "a", differing=lambda: next(differing, []))[0].verdict == "ok"
    assert app.asked == ["a"]


def result(verdict: Verdict, message: str = "", line: int | None = None) -> FileResult:
    return FileResult("dags/a,b.py", verdict, "x", message, line)


@pytest.mark.parametrize(
    ("verdicts", "end"),
    [(["ok"], Exit.OK), (["ok", "waiting"], Exit.TIMED_OUT), (["waiting", "failed"], Exit.NOT_OK)],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_failure_outweighs_a_time_out(verdicts: list[Verdict], end: Exit, *, as_json: bool) -> None:
    goal: Goal = "parsed"
    assert Output(as_json).show([result(verdict) for verdict in verdicts], goal) == end


def test_an_annotation_names_file_and_line_in_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd()))
    told = annotation(result("failed", "100%\nwrong", 7), Path.cwd() / "airflow")
    assert told == "::error file=airflow/dags/a%2Cb.py,line=7::100%25%0Awrong"


def test_only_github_gets_annotations(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    Output(as_json=True).show([result("failed")], "synced")
    assert "::error" not in "".join(capsys.readouterr())
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Output(as_json=True).show([result("ok"), result("failed")], "synced")
    shown = capsys.readouterr()
    assert (shown.out.count("\n"), shown.err) == (1, "::error file=dags/a%2Cb.py::\n")
