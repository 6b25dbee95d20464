"""Every command of the documents that can run here does: document by document, against a stack that asks for keys."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from local.app_settings import ROOT
from tests.documented_commands import COMMANDS, PLACEHOLDERS, is_elsewhere, runs_here
from tests.documents import DOCUMENTS, Command, blocks
from tests.e2e.conftest import Running, running_stack

HOST_ID = "documented"
SECRET = "whsec_ZG9jdW1lbnRlZC1zZWNyZXQtb2YtMzItYnl0ZXMhISE="  # noqa: S105 - of this test's own stack
SETTINGS = {
    "AzureFunctionsWebHost__hostid": HOST_ID,
    "RELAY_QUIET_SECONDS": "1",
    "RELAY_SETTLE_SECONDS": "0",
    "RELAY_WEBHOOK_SECRETS": SECRET,
}
SPEC = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Small", "extraNodes": 0},
            "airflowProperties": {"enableAADIntegration": True},
        },
    }
}
# A curl that is refused has to fail here, which it does not on its own.
PRELUDE = 'set -euo pipefail\ncurl() { command curl --fail-with-body --silent --show-error "$@"; }\n'

FROM_NOTHING = "docs/start.md"
ON_A_STACK = [
    document
    for document in DOCUMENTS
    if document != FROM_NOTHING and any(runs_here(c) for c in COMMANDS if c.document == document)
]


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """A stack that asks for keys, whose only route is synced."""
    with running_stack("--enable-auth", **SETTINGS) as (running, _):
        running.container.create_container()
        running.upload("dags/sales.py")
        running.wait_for(lambda seen: seen.settled and seen.imports > 0, "the import")
        yield running


def made_key(running: Running) -> str:
    """Return the key that the host makes when it is first asked for one."""
    assert requests.get(f"{running.addresses.app}/api/ready", timeout=60).status_code == requests.codes.unauthorized
    secrets = running.container_named("azure-webjobs-secrets").download_blob(f"{HOST_ID}/host.json").readall()
    key: str = json.loads(secrets)["functionKeys"][0]["value"]
    return key


def facts_of(running: Running, key: str) -> dict[str, str]:
    addresses = running.addresses
    return {
        "app": addresses.app,
        "arm": addresses.arm,
        "connection_string": addresses.connection_string,
        "key": key,
    }


def filled_in(text: str, facts: Mapping[str, str]) -> str:
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value.format_map(facts))
    return text


def save_files(document: str, folder: Path, facts: Mapping[str, str]) -> None:
    """Save the blocks whose first line is a comment with a file's name, as the reader is told to."""
    (folder / "spec.json").write_text(json.dumps(SPEC))
    for block in blocks(document):
        first = block.text.partition("\n")[0].removeprefix("# ")
        if block.language == "python" and first.endswith(".py"):
            (folder / first).parent.mkdir(parents=True, exist_ok=True)
            (folder / first).write_text(filled_in(block.text, facts))


def script(of: list[Command], facts: Mapping[str, str]) -> str:
    steps = [f"echo '# {command}' >&2\n{filled_in(command.text, facts)}\n" for command in of]
    return PRELUDE + "".join(steps)


def run(document: str, facts: Mapping[str, str], folder: Path) -> None:
    """Run the commands of a document, as one reader types them one after the other."""
    save_files(document, folder, facts)
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SECRET": SECRET,
        "DAG_RELAY_URL": facts["app"],
        "DAG_RELAY_KEY": facts["key"],
    }
    to_run = [command for command in COMMANDS if command.document == document and runs_here(command)]
    ran = subprocess.run(
        ["bash", "-c", script(to_run, facts)],  # noqa: S607 - the reader's own shell
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize("document", ON_A_STACK)
def test_the_commands_of_a_document_work_in_their_order(document: str, stack: Running, tmp_path: Path) -> None:
    requests.post(f"{stack.addresses.arm}/_emulator/reset", timeout=60).raise_for_status()
    (tmp_path / "my-dags/dags").mkdir(parents=True)
    (tmp_path / "my-dags/dags/sales.py").write_text("x = 2\n")
    run(document, facts_of(stack, made_key(stack)), tmp_path)


def test_who_starts_from_nothing_sees_their_own_file_imported(tmp_path: Path) -> None:
    """As `make start` starts it: empty, and without keys."""
    with running_stack() as (running, _):
        run(FROM_NOTHING, facts_of(running, key=""), tmp_path)
        hello = {"dags/hello.py": (tmp_path / "my-dags/dags/hello.py").stat().st_size}
        running.wait_for(lambda _: running.imported() == hello, "the import")


@pytest.mark.parametrize("command", [c for c in COMMANDS if not is_elsewhere(c)], ids=str)
def test_no_placeholder_is_left_in_a_command_that_runs_here(command: Command) -> None:
    text = filled_in(command.text, {"app": "", "arm": "", "connection_string": "", "key": ""})
    assert "<" not in text.replace("<<", "").replace("< ", "")
