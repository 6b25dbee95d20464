"""The hooks around `azd deploy`, run for real with an `az` that plays Azure's part."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from local.app_settings import ROOT
from tests.infra.azure_cli import Answer, Ran, run
from tests.infra.compiler import INFRA, Snapshot, compiled, needs_compiler

WATCHED = [
    {"container": "airflow-files", "function": "on_dag_blob", "folder": "airflow"},
    {"container": "more", "function": "on_dag_blob-DagStorage-more", "folder": ""},
]
OUTPUTS = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "app-rg",
    "AZURE_FUNCTION_APP_NAME": "relay",
    "AZURE_FUNCTION_APP_URL": "https://relay.example",
    "EVENT_SUBSCRIPTION": "other-sub",
    "EVENT_RESOURCE_GROUP": "dag-rg",
    "EVENT_TOPIC_NAME": "topic",
    "WATCHED_CONTAINERS": json.dumps(WATCHED),
    "DEAD_LETTER_STORAGE_ID": "/subscriptions/sub/storage",
    "DEAD_LETTER_CONTAINER": "dead-letters",
}
FUNCTIONS = ("on_sweep", "on_blob_deleted", "on_dag_blob", "on_dag_blob-DagStorage-more")
NO_ANSWER = "!(Url validation) Webhook validation handshake failed for https://relay.example/runtime/webhooks/blobs"


def functions(*names: str) -> Answer:
    return Answer("az functionapp function list *", "\\n".join(f"relay/{name}" for name in names))


WELL = (
    Answer("az functionapp keys list *", "True"),
    functions(*FUNCTIONS),
    Answer("az deployment group create *"),
)


def subscribe(folder: Path, *answers: Answer, without: str = "") -> Ran:
    waits = {"SUBSCRIBE_TRIES": "3"}
    given = {name: value for name, value in (OUTPUTS | waits).items() if name != without}
    return run("subscribe.sh", folder, given, [*answers, *WELL])


def test_the_subscriptions_are_deployed_where_the_storage_account_is(tmp_path: Path) -> None:
    ran = subscribe(tmp_path)
    assert (ran.code, ran.err) == (0, "")
    (deployment,) = ran.asked("deployment group create")
    assert "--subscription other-sub --resource-group dag-rg" in deployment
    file = re.search(r"--template-file (\S+)", deployment)
    assert file
    assert Path(file[1]).resolve() == INFRA / "events.bicep"
    assert f"watched={OUTPUTS['WATCHED_CONTAINERS']}" in deployment


@needs_compiler
def test_the_script_gives_the_template_exactly_its_parameters(tmp_path: Path) -> None:
    (deployment,) = subscribe(tmp_path).asked("deployment group create")
    assert set(re.findall(r" (\w+)=", deployment)) == compiled("events.bicep")["parameters"].keys()


def test_it_waits_until_the_host_has_made_the_key(tmp_path: Path) -> None:
    ran = subscribe(
        tmp_path,
        Answer("az functionapp keys list *", "True", from_time=3),
        Answer("az functionapp keys list *", "False"),
    )
    assert ran.code == 0
    assert ran.out.count("waiting for the host") == 2
    assert ran.asked("deployment group create")


@pytest.mark.parametrize("missing", ["on_blob_deleted", "on_dag_blob", "on_dag_blob-DagStorage-more"])
def test_it_gives_up_where_a_function_is_missing_and_says_where_to_look(missing: str, tmp_path: Path) -> None:
    ran = subscribe(tmp_path, functions(*(name for name in FUNCTIONS if name != missing)))
    assert ran.code == 1
    assert "after 3 tries" in ran.err
    assert "https://relay.example/api/ready" in ran.err
    assert not ran.asked("deployment")


def test_a_handshake_that_a_cold_app_missed_is_tried_again(tmp_path: Path) -> None:
    ran = subscribe(
        tmp_path,
        Answer("az deployment group create *", from_time=3),
        Answer("az deployment group create *", NO_ANSWER),
    )
    assert ran.code == 0
    assert len(ran.asked("deployment group create")) == 3


def test_a_handshake_that_never_succeeds_fails_the_hook_with_azures_words(tmp_path: Path) -> None:
    ran = subscribe(tmp_path, Answer("az deployment group create *", NO_ANSWER))
    assert ran.code == 1
    assert "handshake failed" in ran.err
    assert len(ran.asked("deployment group create")) == 5


def test_another_refusal_fails_the_hook_at_once(tmp_path: Path) -> None:
    ran = subscribe(tmp_path, Answer("az deployment group create *", "!AuthorizationFailed"))
    assert (ran.code, ran.err) == (1, "AuthorizationFailed\n")
    assert len(ran.asked("deployment group create")) == 1


def test_the_key_itself_is_never_asked_for(tmp_path: Path) -> None:
    asked = subscribe(tmp_path).asked("keys list")
    assert asked
    assert all("systemKeys.blobs_extension != null" in call for call in asked)


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    ran = subscribe(tmp_path, without=name)
    assert (ran.code, ran.calls) == (2, [])
    assert ran.err.startswith(f"{name} is not set")


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    ran = run("subscribe.sh", tmp_path, {}, WELL)
    assert (ran.code, ran.calls) == (2, [])
    assert [line.split()[0] for line in ran.err.splitlines()] == list(OUTPUTS)


def test_what_the_hooks_need_is_an_output_of_the_template_or_azds_own(one_route: Snapshot) -> None:
    azd = {"AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP"}
    assert OUTPUTS.keys() - azd | {"AZURE_FUNCTION_APP_PRINCIPAL_ID"} == one_route.outputs.keys()


def wait(folder: Path, given: str) -> Ran:
    variables = {"AZURE_SUBSCRIPTION_ID": "sub", "AZURE_FUNCTION_APP_PRINCIPAL_ID": "principal", "ROLE_SECONDS": "3600"}
    return run("wait-for-roles.sh", folder, variables, [Answer("az role assignment list *", given)])


def test_roles_that_are_old_enough_are_not_waited_for(tmp_path: Path) -> None:
    ran = wait(tmp_path, "2020-01-01T00:00:00.123456+00:00")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert not ran.asked("sleep")


def test_a_new_role_is_waited_for_and_the_remedy_is_told(tmp_path: Path) -> None:
    ran = wait(tmp_path, (datetime.now(UTC) - timedelta(minutes=30)).isoformat())
    assert ran.code == 0
    (waited,) = ran.asked("sleep")
    assert 0 < int(waited.split()[1]) <= 1800
    assert "run `azd deploy` again" in ran.out


def test_the_age_of_a_role_is_told_without_the_date_of_linux(tmp_path: Path) -> None:
    """The `date` of macOS reads no times."""
    date = tmp_path / "date"
    date.write_text('#!/bin/sh\n[ "$*" = +%s ] || exit 1\nexec /bin/date +%s\n')
    date.chmod(0o755)
    ran = wait(tmp_path, "2020-01-01T00:00:00.123456+00:00")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("given", ["", "None"])
def test_an_app_without_a_role_is_not_published(given: str, tmp_path: Path) -> None:
    ran = wait(tmp_path, given)
    assert ran.code == 1
    assert "no role" in ran.err


def test_every_hook_of_azd_can_be_run_and_stops_at_the_first_failure() -> None:
    hooks = yaml.safe_load((ROOT / "azure.yaml").read_text())["hooks"]
    scripts = {ROOT / hook["run"] for hook in hooks.values()}
    assert scripts == set((INFRA / "scripts").iterdir())
    for script in scripts:
        assert os.access(script, os.X_OK)
        assert "\nset -euo pipefail\n" in script.read_text()
        # What came with bash 4: macOS has 3.2.
        assert not re.search(r"\$\{\w+(?:,|\^)|\bmapfile\b|\breadarray\b|declare -A|\|&", script.read_text())
        subprocess.run(["/usr/bin/env", "bash", "-n", script], check=True)
