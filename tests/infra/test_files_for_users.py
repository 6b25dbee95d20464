"""Workflows, editor tasks, dev container and `test.http` name what is there."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from local.app_settings import ROOT
from shared.api.endpoint import Endpoint
from shared.api.endpoints import ENDPOINTS, Parts
from tests.http_file import FILE, requests_of

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
JSON_FILES = [*sorted((ROOT / ".vscode").glob("*.json")), ROOT / ".devcontainer/devcontainer.json"]
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def workflow(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [*WORKFLOWS, *JSON_FILES], ids=lambda path: path.name)
def test_make_targets_that_are_named_exist(path: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", path.read_text()))
    assert named <= TARGETS


def test_the_tests_that_run_on_microsofts_host_exist() -> None:
    (names,) = re.findall(r"^ON_HOST := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [name for name in names.split() if not (ROOT / f"tests/e2e/test_{name}.py").exists()] == []


def test_the_workflows_check_test_package_publish_and_verify() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "deploy.yml"]
    ran = {path.name: " ".join(step.get("run", step.get("uses", "")) for step in steps(path)) for path in WORKFLOWS}
    for step in ("make check", "make test", "make infra"):
        assert step in ran["ci.yml"]
    for step in ("make check", "make test", "make package", "azure/login@", "Azure/functions-action@"):
        assert step in ran["deploy.yml"]
    for step in ("$DAG_RELAY_URL/api/health", "dag-relay status", "dag-relay check-events --route"):
        assert step in ran["deploy.yml"]


def test_zizmor_finds_nothing_but_actions_that_are_not_pinned_by_commit() -> None:
    """Commits cannot be looked up without GitHub; CONTRIBUTING.md has the command that pins them."""
    zizmor = Path(sys.executable).with_name("zizmor")
    ran = subprocess.run(
        [zizmor, "--offline", "--no-exit-codes", "--format", "json", ROOT / ".github"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    assert {one["ident"] for one in found} == {"unpinned-uses"}
    assert len(found) == sum("uses" in step for path in WORKFLOWS for step in steps(path))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_have_a_version_and_jobs_the_least_rights(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", action)] == []
    assert workflow(path)["permissions"] == {}
    jobs = workflow(path)["jobs"]
    assert all("timeout-minutes" in job for job in jobs.values())
    asked = {name: set(job["permissions"].items()) for name, job in jobs.items()}
    read, token = ("contents", "read"), ("id-token", "write")
    assert [name for name, rights in asked.items() if not rights <= {read, token}] == []
    assert {name for name, rights in asked.items() if token in rights} == (
        {"publish", "verify"} if path.name == "deploy.yml" else set()
    )


def test_what_gets_a_token_waits_for_its_forerunner_and_for_the_environment() -> None:
    jobs = workflow(ROOT / ".github/workflows/deploy.yml")["jobs"]
    assert (jobs["publish"]["environment"], jobs["publish"]["needs"]) == ("production", "package")
    assert (jobs["verify"]["environment"], jobs["verify"]["needs"]) == ("production", "publish")


def test_the_only_secret_in_github_is_a_key_of_the_app_and_one_step_sees_it() -> None:
    named = [name for path in WORKFLOWS for name in re.findall(r"secrets\.(\w+)", path.read_text())]
    assert named == ["DAG_RELAY_KEY"]
    (seeing,) = [
        step["name"] for step in steps(ROOT / ".github/workflows/deploy.yml") if "DAG_RELAY_KEY" in step.get("env", {})
    ]
    assert seeing == "the routes are ready, and events arrive"


def test_what_is_published_is_what_was_packaged() -> None:
    package = {
        str(step["with"]["path"])
        for step in steps(ROOT / ".github/workflows/deploy.yml")
        if "path" in step.get("with", {})
    }
    (published,) = [
        step["with"]["package"]
        for step in steps(ROOT / ".github/workflows/deploy.yml")
        if "package" in step.get("with", {})
    ]
    assert published in package
    assert published in (ROOT / "Makefile").read_text()


def test_the_variables_of_the_workflow_are_in_the_docs() -> None:
    named = set(re.findall(r"vars\.(\w+)", (ROOT / ".github/workflows/deploy.yml").read_text()))
    assert len(named) == 6
    assert [name for name in named if f"`{name}`" not in (ROOT / "docs/deploy.md").read_text()] == []


def test_azd_finds_what_its_file_names() -> None:
    azd = yaml.safe_load((ROOT / "azure.yaml").read_text())
    (service,) = azd["services"].items()
    assert service == ("relay", {"project": ".", "language": "python", "host": "function"})
    for ending in ("bicep", "bicepparam"):
        assert (ROOT / azd["infra"]["path"] / f"{azd['infra']['module']}.{ending}").is_file()
    assert list(azd["hooks"]) == ["preprovision", "predeploy", "postdeploy"]
    assert "'azd-service-name': 'relay'" in (ROOT / "infra/modules/app.bicep").read_text()


@pytest.mark.parametrize("path", JSON_FILES, ids=lambda path: path.name)
def test_the_editors_files_are_json(path: Path) -> None:
    assert json.loads(path.read_text())


def test_what_is_started_from_the_editor_exists() -> None:
    tasks = {task["label"] for task in json.loads((ROOT / ".vscode/tasks.json").read_text())["tasks"]}
    started = json.loads((ROOT / ".vscode/launch.json").read_text())["configurations"]
    assert {one["preLaunchTask"] for one in started if "preLaunchTask" in one} <= tasks
    assert {one["module"] for one in started if "module" in one} == {"local", "pytest"}
    assert {one["python"] for one in started if "python" in one} == {"${workspaceFolder}/.venv/bin/python"}


def answers(endpoint: Endpoint[Parts], method: str, path: str) -> bool:
    value = ".+" if "{*" in endpoint.path else "[^/]+"
    pattern = re.sub(r"\\\{\w+\\\}", value, re.escape(endpoint.url_path))
    return endpoint.method == method and re.fullmatch(pattern, path) is not None


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_there_is_a_request_for_every_route(endpoint: Endpoint[Parts]) -> None:
    written = [(request.method, urlsplit(request.url).path) for request in requests_of(FILE.read_text())]
    assert [one for one in written if answers(endpoint, *one)]


def test_every_request_has_a_route_and_a_key_where_it_needs_one() -> None:
    for request in requests_of(FILE.read_text()):
        url = urlsplit(request.url)
        assert (url.scheme, url.netloc) == ("http", "localhost:7071")
        endpoint = next(one for one in ENDPOINTS if answers(one, request.method, url.path))
        assert ("x-functions-key" in request.headers) is not endpoint.anonymous
