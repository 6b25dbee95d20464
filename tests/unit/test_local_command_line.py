"""`python -m local`: what cannot be started is said in one line, before anything starts."""

from pathlib import Path

import pytest

from local.__main__ import main
from local.app_settings import environment
from local.errors import LocalError
from local.ports import free_ports
from local.stack import Plan
from shared.settings import read_settings


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["python -m local", *arguments])
    try:
        return main()
    except SystemExit as ended:
        return int(str(ended.code or 0))


@pytest.mark.parametrize(
    ("command", "highest"),
    [
        (["start", "--app-port", "65536"], 65535),
        (["start", "--arm-port", "-1"], 65535),
        (["start", "--storage-port", "65534"], 65533),
        (["arm", "--port", "70000"], 65535),
        (["host", "--port", "x"], 65535),
    ],
)
def test_a_number_that_is_no_port_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], highest: int
) -> None:
    assert run(monkeypatch, *command) == 2
    shown = capsys.readouterr().err.splitlines()[-1]
    assert shown.endswith(f"argument {command[1]}: expected a port from 0 to {highest}, got {command[2]!r}")


def test_a_port_that_is_wanted_for_two_parts_is_named_with_both() -> None:
    port = free_ports(3)
    with pytest.raises(LocalError, match=f"^port {port} is wanted for the app and for the ARM emulator; "):
        Plan(port, port, 0).checked()
    with pytest.raises(LocalError, match=f"^port {port + 1} is wanted for the app and for queue storage; "):
        Plan(port + 1, 0, port).checked()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--app-dir", "missing"], "cannot package missing: "),
        (["--app-dir", "broken"], "broken/a.py is not Python: "),
        (["--app-dir", "odd"], "requirements.txt brings no-such-package, which is not installed here"),
        (["--app-dir", "empty", "--output", "file/package.zip"], "cannot package empty: "),
    ],
)
def test_a_package_that_cannot_be_made_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    options: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for app in ("broken", "odd", "empty"):
        (tmp_path / app).mkdir()
        for name in (".funcignore", "requirements.txt", "requirements-dev.txt"):
            (tmp_path / app / name).touch()
    (tmp_path / "broken/a.py").write_text("def")
    (tmp_path / "odd/requirements.txt").write_text("no-such-package")
    assert run(monkeypatch, "package", *options) == 1
    shown = capsys.readouterr().err
    assert (shown.startswith(f"dag-relay: {expected}"), shown.count("\n")) == (True, 1)


@pytest.mark.parametrize("name", ["RELAY_ROUTES", "RELAY_ROUTES_BLOB"])
def test_an_empty_list_of_routes_counts_as_none_and_the_samples_route_stays(name: str) -> None:
    env = environment({name: " "}, arm="http://127.0.0.1:7072", connection_string="UseDevelopmentStorage=true")
    assert [route.name for route in read_settings(env).routes] == ["default"]


def test_a_list_of_routes_takes_the_place_of_the_samples_route() -> None:
    env = environment({"RELAY_ROUTES": "[]"}, arm="http://127.0.0.1:7072", connection_string=None)
    assert not env.keys() & {"RELAY_ENVIRONMENT", "RELAY_LINKED_SERVICE", "RELAY_FOLDER"}
