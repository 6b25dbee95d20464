"""`dag-relay deploy` and `wait`, as a pipeline runs them, on the whole stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import Running, running_stack
from tests.e2e.test_cli import Terminal

REFUSAL = {"error": {"code": "BadRequest", "message": "no such linked service"}}
SYNC = {"method": "POST", "path_contains": "airflow/sync"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_stack("--enable-auth", RELAY_QUIET_SECONDS="1", RELAY_SETTLE_SECONDS="0") as (running, _):
        yield running


@pytest.fixture
def terminal(running: Running) -> Terminal:
    return Terminal(running.addresses.app, running.function_key())


@pytest.fixture
def storage(running: Running) -> dict[str, str]:
    return {"AZURE_STORAGE_CONNECTION_STRING": running.addresses.connection_string}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for path in ("dags/one.py", "dags/two.py", "requirements.txt", "README.md"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(f"# {path} of {tmp_path.name}\n")
    return tmp_path


def test_what_differs_is_uploaded_and_imported_with_one_sync(
    running: Running, terminal: Terminal, storage: dict[str, str], directory: Path
) -> None:
    before = len(running.observer.look().sync_calls)
    status, told = terminal.json("deploy", str(directory), "--every", "0.2", **storage)
    assert (status, told["result"], len(told["added"]), len(told["files"])) == (0, "ok", 3, 3)
    names = {"dags/one.py", "dags/two.py", "requirements.txt"}
    running.wait_for(lambda _: running.imported().keys() == names, "the import, which goes on after it was accepted")
    assert len(running.observer.look().sync_calls) == before + 1

    status, told = terminal.json("deploy", str(directory), **storage)
    assert (status, told["added"], told["changed"], told["unchanged"]) == (0, [], [], 3)
    assert len(running.observer.look().sync_calls) == before + 1


def test_a_dry_run_changes_nothing_and_delete_removes_what_is_gone(
    running: Running, terminal: Terminal, storage: dict[str, str], directory: Path
) -> None:
    assert terminal.run("deploy", str(directory), "--every", "0.2", **storage).returncode == 0
    (directory / "dags/one.py").write_text("# changed\n")
    (directory / "dags/two.py").unlink()
    dry = terminal.run("deploy", str(directory), "--delete", "--dry-run", **storage)
    assert (dry.returncode, "dags/one.py" in dry.stdout, "dags/two.py" in dry.stdout) == (0, True, True)
    one = running.container.get_blob_client("airflow/dags/one.py")
    assert one.download_blob().readall() != b"# changed\n"
    assert terminal.run("deploy", str(directory), "--every", "0.2", "--delete", **storage).returncode == 0
    assert one.download_blob().readall() == b"# changed\n"
    running.wait_for(lambda _: running.imported().keys() == {"dags/one.py", "requirements.txt"}, "the import")


def test_a_refused_sync_fails_the_pipeline_with_arms_words_on_the_file(
    running: Running, terminal: Terminal, storage: dict[str, str], directory: Path
) -> None:
    running.fault(SYNC, {"status": 400, "body": REFUSAL})
    github = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(directory.parent)}
    ran = terminal.run("deploy", str(directory), "--every", "0.2", **storage, **github)
    assert ran.returncode == 1
    file = f"{directory.name}/dags/one.py"
    assert any(
        line.startswith(f"::error file={file}::") and "no such linked service" in line
        for line in ran.stdout.splitlines()
    )
    # A second run uploads nothing, and requests the sync that is still due.
    assert terminal.json("deploy", str(directory), "--every", "0.2", **storage)[1]["result"] == "ok"


def test_waiting_ends_when_the_versions_of_a_directory_are_in(
    terminal: Terminal, storage: dict[str, str], directory: Path
) -> None:
    paths = ["dags/one.py", "dags/two.py"]
    versions = ["wait", *paths, "--local", str(directory), "--every", "0.2"]
    status, told = terminal.json(*versions, "--timeout", "0", **storage)
    assert (status, told["result"], {file["state"] for file in told["files"]}) == (
        3,
        "timedOut",
        {"differs", "unknown"},
    )
    assert terminal.run("deploy", str(directory), "--every", "0.2", **storage).returncode == 0
    assert terminal.run(*versions, **storage).returncode == 0
    assert terminal.run("wait", *paths).returncode == 0


def test_waiting_for_a_file_that_is_not_there_fails(terminal: Terminal) -> None:
    ran = terminal.run("wait", "dags/nowhere.py")
    assert (ran.returncode, "missing" in ran.stdout, ran.stderr) == (1, True, "")


def test_a_suspended_route_fails_at_once(terminal: Terminal, storage: dict[str, str], directory: Path) -> None:
    def steer(what: str) -> None:
        url = f"{terminal.url}/api/routes/default/{what}"
        requests.post(url, headers={"x-functions-key": terminal.key}, timeout=60).raise_for_status()

    steer("suspend")
    try:
        ran = terminal.run("deploy", str(directory), **storage)
    finally:
        steer("resume")
    assert (ran.returncode, "suspended" in ran.stdout) == (1, True)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["deploy", "."], "expected --account-url, --connection-string or AZURE_STORAGE_CONNECTION_STRING"),
        (
            ["deploy", "nowhere", "--connection-string", "AccountKey=canary"],
            "the storage connection string is not valid",
        ),
        (["check-events", "--connection-string", "AccountKey=canary"], "the app polls storage, so there are no events"),
        (["deploy", ".", "--route", "other"], "the settings list no route of this name"),
        (["wait", "dags/none.py", "--local", "."], "cannot read dags/none.py: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_two(terminal: Terminal, command: list[str], message: str) -> None:
    environment = {"AZURE_STORAGE_CONNECTION_STRING": "UseDevelopmentStorage=true"} if "wait" in command else {}
    ran = terminal.run(*command, **environment)
    assert (ran.returncode, ran.stdout, message in ran.stderr, ran.stderr.count("\n")) == (2, "", True, 1)
    assert "canary" not in ran.stderr


@pytest.fixture(scope="module")
def asking() -> Iterator[Running]:
    with running_stack(RELAY_AIRFLOW_API="entra", RELAY_QUIET_SECONDS="1", RELAY_SETTLE_SECONDS="0") as (running, _):
        yield running


GOOD = 'from airflow import DAG\n\nwith DAG("good"):\n    pass\n'
BROKEN = "from airflow import DAG\n\ndef task(:\n    pass\n"
UNTIL_PARSED = ("--until", "parsed", "--every", "0.2")


def deploying(running: Running, folder: Path, **files: str) -> tuple[Terminal, tuple[str, ...], dict[str, str]]:
    """Return a terminal, a command that deploys these DAGs until they are parsed, and where storage is."""
    (folder / "dags").mkdir()
    for name, content in files.items():
        (folder / "dags" / f"{name}.py").write_text(content)
    storage = {"AZURE_STORAGE_CONNECTION_STRING": running.addresses.connection_string}
    return Terminal(running.addresses.app, ""), ("deploy", str(folder), *UNTIL_PARSED), storage


def test_what_airflow_has_parsed_ends_the_command_with_zero(asking: Running, tmp_path: Path) -> None:
    terminal, deploy, storage = deploying(asking, tmp_path, good=GOOD)
    status, told = terminal.json(*deploy, "--timeout", "90", **storage)
    assert (status, told["result"], [file["state"] for file in told["files"]]) == (0, "ok", ["Parsed"])
    assert terminal.run("wait", "dags/good.py", *UNTIL_PARSED).returncode == 0


def test_the_line_that_airflow_cannot_import_fails_the_pipeline(asking: Running, tmp_path: Path) -> None:
    terminal, deploy, storage = deploying(asking, tmp_path, good=GOOD, broken=BROKEN)
    github = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path)}
    ran = terminal.run(*deploy, "--timeout", "90", **storage, **github)
    assert (ran.returncode, "1 of 2 files are parsed" in ran.stdout) == (1, True)
    annotations = [line for line in ran.stdout.splitlines() if line.startswith("::")]
    assert annotations == ["::error file=dags/broken.py,line=3::SyntaxError: invalid syntax"]
    for command in (["status"], ["watch", "--timeout", "0"]):
        shown = " ".join(terminal.run(*command).stdout.split())
        assert "airflow/dags/broken.py │ 3 │ SyntaxError: invalid syntax" in shown, shown


def test_a_file_that_airflow_takes_too_long_for_is_three(asking: Running, tmp_path: Path) -> None:
    url = f"{asking.addresses.arm}/_emulator/settings"
    requests.post(url, json={"parse_seconds": 3600}, timeout=60).raise_for_status()
    terminal, deploy, storage = deploying(asking, tmp_path, good=f"{GOOD}# later\n")
    status, told = terminal.json(*deploy, "--timeout", "30", **storage)
    assert (status, told["result"], [file["state"] for file in told["files"]]) == (3, "timedOut", ["Pending"])
