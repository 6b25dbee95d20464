"""The post-deploy hook, run for real with an `az` that notes what it is asked."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.unit.infra.bicep import INFRA, read

SCRIPT = INFRA / "scripts/subscribe.sh"
OUTPUTS = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "app-rg",
    "AZURE_FUNCTION_APP_NAME": "relay",
    "AZURE_FUNCTION_APP_ID": "/subscriptions/sub/resourceGroups/app-rg/providers/Microsoft.Web/sites/relay",
    "AZURE_FUNCTION_APP_URL": "https://relay.example",
    "DAG_STORAGE_SUBSCRIPTION": "other-sub",
    "DAG_STORAGE_RESOURCE_GROUP": "dag-rg",
    "DAG_CONTAINER": "airflow-files",
    "DAG_FOLDER": "airflow",
    "EVENT_TOPIC_NAME": "topic",
    "DEAD_LETTER_STORAGE_ID": "/subscriptions/sub/storage",
    "DEAD_LETTER_CONTAINER": "dead-letters",
}
# The key exists from the `ready_at`-th question on, as after the first start of the app.
AZ = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
    *"keys list"*) [ "$(grep -c 'keys list' "$CALLS")" -ge {ready_at} ] && echo True || echo False ;;
    *"function list"*) printf '%s\\n' relay/on_sweep {functions} ;;
    *"deployment group create"*) exit {deployment} ;;
esac
"""


def run(
    folder: Path,
    *,
    ready_at: int = 1,
    functions: str = "relay/on_dag_blob relay/on_blob_deleted",
    deployment: int = 0,
    without: str = "",
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    az = folder / "az"
    az.write_text(AZ.format(ready_at=ready_at, functions=functions, deployment=deployment))
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    given = {name: value for name, value in OUTPUTS.items() if name != without}
    waits = {"SUBSCRIBE_TRIES": "3", "SUBSCRIBE_PAUSE_SECONDS": "0"}
    environ = given | waits | {"CALLS": str(folder / "calls"), "PATH": f"{folder}:{os.environ['PATH']}"}
    ran = subprocess.run([SCRIPT], env=environ, capture_output=True, text=True, check=False)
    calls = folder / "calls"
    return ran, calls.read_text().splitlines() if calls.exists() else []


def test_the_subscriptions_are_deployed_where_the_storage_account_is(tmp_path: Path) -> None:
    ran, calls = run(tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    deployment = calls[-1]
    assert "--subscription other-sub --resource-group dag-rg" in deployment
    file = re.search(r"--template-file (\S+)", deployment)
    assert file
    assert Path(file[1]).resolve() == INFRA / "events.bicep"
    given = dict(re.findall(r"(\w+)=(\S*)", deployment))
    events = read(INFRA / "events.bicep")
    assert events.required <= given.keys() <= events.section("parameters").keys()
    assert (given["appUrl"], given["container"], given["folder"]) == (
        "https://relay.example",
        "airflow-files",
        "airflow",
    )


def test_it_waits_until_the_host_has_made_the_key(tmp_path: Path) -> None:
    ran, calls = run(tmp_path, ready_at=3)
    assert ran.returncode == 0
    assert ran.stdout.count("waiting for the host") == 2
    assert "deployment group create" in calls[-1]


@pytest.mark.parametrize("functions", ["relay/on_dag_blob", "relay/on_blob_deleted", "other/on_dag_blob"])
def test_it_gives_up_where_a_function_is_missing_and_says_so(tmp_path: Path, functions: str) -> None:
    ran, calls = run(tmp_path, functions=functions)
    assert ran.returncode == 1
    assert "after 3 tries" in ran.stderr
    assert not [call for call in calls if "deployment" in call]


def test_a_refused_deployment_fails_the_hook(tmp_path: Path) -> None:
    ran, _ = run(tmp_path, deployment=3)
    assert ran.returncode == 3


def test_the_key_itself_is_never_asked_for(tmp_path: Path) -> None:
    _, calls = run(tmp_path)
    asked = [call for call in calls if "keys list" in call]
    assert asked
    assert all("systemKeys.blobs_extension != null" in call for call in asked)


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name != "DAG_FOLDER"])
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    ran, calls = run(tmp_path, without=name)
    assert (ran.returncode, calls) == (2, [])
    assert ran.stderr.startswith(f"{name} is not set")


def test_a_whole_container_needs_no_folder(tmp_path: Path) -> None:
    ran, calls = run(tmp_path, without="DAG_FOLDER")
    assert ran.returncode == 0
    assert " folder= " in calls[-1]


def test_what_it_needs_is_an_output_of_the_template_or_azds_own() -> None:
    azd = {"AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP"}
    assert OUTPUTS.keys() - azd == read(INFRA / "main.bicep").section("outputs").keys()


def test_scripts_can_be_run_and_stop_at_the_first_failure() -> None:
    for script in (INFRA / "scripts").iterdir():
        assert os.access(script, os.X_OK)
        assert "\nset -euo pipefail\n" in script.read_text()
        subprocess.run(["/usr/bin/env", "bash", "-n", script], check=True)
