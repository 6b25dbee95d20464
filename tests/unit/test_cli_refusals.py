"""What the caller got wrong is one line and 2, and what stdout cannot take is no traceback."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
import requests

from cli.deployment import Deployment
from cli.errors import Exit, UnreachableError
from cli.main import main

Run = Callable[..., int]
SPEC = {"name": "orders", "properties": {"type": "Airflow"}}
DEEP = b"[" * 100_000
VARIABLES = {"airflowProperties": {"airflowEnvironmentVariables": {"A": "\ud800"}}}
HALF_A_PAIR = json.dumps({"properties": {"type": "Airflow", "typeProperties": VARIABLES}}).encode()
URLS = [
    "http://[bad",
    "http://example..com",
    f"http://{64 * 'a'}.com",
    "http://ключ..com",
    "http://127.0.0.1:99999",
    "http://a\nb",
]
KEYS = ["\N{EN DASH}canary", "ключ-canary", "canary\udcff", " canary", "canary\ncanary"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, with the exit code that a shell would see; an error it does not catch is one."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["dag-relay", *arguments])
        try:
            return main()
        except SystemExit as ended:
            return int(str(ended.code or 0))

    return run


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in {"deep": DEEP, "half": HALF_A_PAIR, "list": b"[]", "utf16": "{}".encode("utf-16")}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good").write_text(json.dumps(SPEC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAG_RELAY_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("DAG_RELAY_KEY", raising=False)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        *((["status", "--url", url], "expected a URL like") for url in URLS),
        *((["status", "--key", key], "expected a function key") for key in KEYS),
        *(([command, "\udcff"], "expected a name in UTF-8, not \\udcff") for command in ("status", "sync", "plan")),
        *((["status", name], f"expected a name, or a path of names, not '{name}'") for name in (".", "..")),
        (["plan", "sample-2", "--spec", "deep"], "the spec has too many levels"),
        (["plan", "sample-2", "--spec", "utf16"], "the spec cannot be read or written in UTF-8"),
        (["plan", "sample-2", "--spec", "list"], "expected a spec that is a JSON object"),
        (["plan", "sample-2", "--spec", "none"], "can't open 'none'"),
        (["to-fabric", "deep", "out"], "the spec has too many levels"),
        (["to-fabric", "half", "out", "--name", "job1", "--with-values"], "cannot be read or written in UTF-8"),
        (["to-fabric", "list", "out"], "expected an environment"),
        (["to-fabric", "good", "a\nb"], "cannot write to a b"),
        ([], "required: COMMAND"),
        (["status", "--keys"], "unrecognized arguments: --keys"),
    ],
)
def test_what_the_caller_got_wrong_is_one_line_and_two(
    run: Run, capsys: pytest.CaptureFixture[str], command: list[str], expected: str
) -> None:
    Path("a\nb").touch()
    assert run(*command) == Exit.NO_ANSWER
    shown = capsys.readouterr()
    assert (expected in shown.err, "canary" in shown.err) == (True, False)
    assert (shown.out, shown.err.count("\n"), shown.err[-1]) == ("", 1, "\n")
    assert not Path("out").exists()


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "1e10", "soon"])
@pytest.mark.parametrize(
    "command",
    [
        ["watch", "--every"],
        ["watch", "--timeout"],
        ["sync", "--wait"],
        ["wait", "dags/a.py", "--every"],
        ["wait", "dags/a.py", "--timeout"],
        ["deploy", ".", "--every"],
        ["deploy", ".", "--timeout"],
        ["check-events", "--every"],
        ["check-events", "--timeout"],
    ],
)
def test_seconds_that_no_clock_can_wait_for_are_refused(
    run: Run, capsys: pytest.CaptureFixture[str], command: list[str], seconds: str
) -> None:
    assert run(*command, seconds) == Exit.NO_ANSWER
    shown = capsys.readouterr().err
    assert (f"expected seconds, from 0 to 1000000000, not '{seconds}'" in shown, shown.count("\n")) == (True, 1)


def test_a_proxy_whose_name_is_none_is_an_app_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy..example")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(UnreachableError, match=r"cannot reach http://app.example: \w+$"):
        Deployment("http://app.example", None).get("routes")


ANSWERS = [
    (200, b"[]"),
    (200, b"{}"),
    (200, b"null"),
    (200, b'"text"'),
    (200, b"7"),
    (200, DEEP),
    (200, b'{"value": null}'),
    (200, b'{"value": [1], "conditions": 1, "folder": 1, "syncId": "a"}'),
    (200, b'{"value": [{"conditions": []}], "conditions": [], "folder": null, "changes": [], "events": 1}'),
    (400, DEEP),
    (400, b'{"detail": 1}'),
    (404, b'{"detail": "a", "errors": [1]}'),
    (500, b'{"detail": "a", "errors": {"b": 1}}'),
]


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["status", "default"],
        ["status", "--json"],
        ["watch", "--until-ready"],
        ["watch", "default", "--json", "--until-ready"],
        ["sync"],
        ["sync", "--wait", "0"],
        ["plan"],
        ["plan", "sample-2", "--spec", "good"],
        ["wait", "dags/a.py", "--until", "parsed"],
        ["deploy", "dags"],
        ["check-events"],
    ],
)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer[0]} {answer[1][:30]!r}")
def test_a_service_that_is_another_one_is_one_line_and_two(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    answer: tuple[int, bytes],
) -> None:
    def send(*_arguments: object, **_options: object) -> requests.Response:
        sent = requests.Response()
        sent.status_code, sent.raw, sent.reason = answer[0], io.BytesIO(answer[1]), "Reason"
        return sent

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true")
    timeout = ["--timeout", "0"] if command[0] in {"watch", "wait", "deploy"} else []
    code, shown = run(*command, *timeout), capsys.readouterr()
    assert (code, shown.err.count("\n")) in {(Exit.NO_ANSWER, 1), (Exit.TIMED_OUT, 0)}
    assert shown.err == "" or shown.out == ""


@contextmanager
def pipe_without_a_reader() -> Iterator[TextIO]:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        yield stdout


@pytest.mark.parametrize("command", [["--help"], ["to-fabric", "good", "out"], ["to-fabric", "good", "out", "--json"]])
def test_a_reader_that_is_gone_is_told_from_a_bad_result(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    with pipe_without_a_reader() as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        assert run(*command) == Exit.READER_GONE
    assert capsys.readouterr().err == ""


def test_a_name_that_the_terminal_cannot_show_is_shown_escaped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", shown)
    assert run("to-fabric", "good", "aus\udcff\N{EN DASH}ü") == Exit.OK
    shown.seek(0)
    assert "aus\\udcff\\u2013\\xfc/settings.json\n" in shown.read()
