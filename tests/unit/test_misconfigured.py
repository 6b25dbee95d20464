"""An app whose settings are wrong, or that lacks a package: it is imported all the same, and says what is wrong."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from local.app_settings import ROOT, sample
from shared.misconfigured import PACKAGES, PackageError, problems_of, require_packages

# Imports the app in a process that has not got the packages that are named, and asks its functions.
_ASK = """
import json, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if any(name == gone or name.startswith(f"{gone}.") for gone in MISSING):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

MISSING = sys.argv[1:]
sys.meta_path.insert(0, Missing())
import azure.functions as func
import function_app

functions = {each.get_function_name(): each for each in function_app.app.get_functions()}
request = func.HttpRequest("GET", "/", body=b"")
answers = {}
for name, function in functions.items():
    if len(functions) == 2:
        answer = function.get_user_function()(request)
        level = json.loads(function.get_function_json())["bindings"][0]["authLevel"]
        answers[name] = [level, answer.status_code, json.loads(answer.get_body())]
print(json.dumps({"functions": sorted(functions), "answers": answers}))
"""
SAMPLE = sample()


def ask(environ: dict[str, str], *missing: str) -> tuple[dict[str, Any], str]:
    ran = subprocess.run(
        [sys.executable, "-c", _ASK, *missing], env=environ, cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found, ran.stderr


def problems(environ: dict[str, str], *missing: str) -> list[str]:
    """Return what `/api/ready` says is wrong; `/api/health` says that something is, and the log says what."""
    found, log = ask(environ, *missing)
    assert found["functions"] == ["health", "ready"]
    assert found["answers"]["health"] == ["ANONYMOUS", 503, {"status": "misconfigured"}]
    level, status, body = found["answers"]["ready"]
    assert (level, status, body["ready"], body["routes"]) == ("FUNCTION", 503, False, [])
    assert {(trouble["route"], trouble["reason"]) for trouble in body["troubles"]} == {(None, "Misconfigured")}
    sentences = [trouble["sentence"] for trouble in body["troubles"]]
    assert [sentence for sentence in sentences if sentence not in log] == []
    return sentences


@pytest.mark.parametrize("name", ["RELAY_FACTORY", "AzureWebJobsStorage"])
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    (problem,) = problems({key: value for key, value in SAMPLE.items() if key != name})
    assert problem.startswith(f"{name}: ")


def test_everything_that_is_wrong_is_told_at_once_and_no_value_of_it() -> None:
    canary = "canary4711"
    wrong = {
        "RELAY_FACTORY": canary,
        "RELAY_QUIET_SECONDS": canary,
        "RELAY_WEBHOOK_SECRETS": "short",
        "RELAY_NOTIFICATION_URL": f"http://{canary}.example/x",
        "RELAY_NOTIFICATION_SECRET": canary,
        "RELAY_FOLDERS": canary,
    }
    found, log = ask(SAMPLE | wrong)
    told = json.dumps(found) + log
    assert canary not in told
    assert [name for name in wrong if f"{name}: " not in told] == []


@pytest.mark.parametrize("module", ["pydantic", "jinja2"])
def test_a_package_that_is_missing_is_named_whenever_it_is_needed(module: str) -> None:
    assert problems(SAMPLE, module) == [f"the package {PACKAGES[module]} of requirements.txt is not installed"]


@pytest.mark.parametrize("module", PACKAGES)
def test_each_package_that_is_missing_is_noticed(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.misconfigured.find_spec", lambda name: None if name == module else object())
    with pytest.raises(PackageError, match=PACKAGES[module]) as raised:
        require_packages()
    assert problems_of(raised.value) == (f"the package {PACKAGES[module]} of requirements.txt is not installed",)


def test_what_else_keeps_the_app_from_being_set_up_is_told_by_its_place_and_not_by_its_words() -> None:
    with pytest.raises(ValueError, match="canary4711") as raised:
        int("canary4711")
    (problem,) = problems_of(raised.value)
    assert problem.startswith("the app cannot be set up: ValueError at test_what_else")


def test_packages_that_are_missing_and_settings_that_are_wrong_are_told_together() -> None:
    found = problems(SAMPLE | {"RELAY_FOLDER": ""}, "jinja2", "azure.identity")
    assert [problem.partition(":")[0] for problem in found] == [
        "the package azure-identity of requirements.txt is not installed",
        "the package Jinja2 of requirements.txt is not installed",
    ]


def test_a_part_of_the_app_that_is_missing_is_named() -> None:
    assert problems(SAMPLE, "shared.arm") == ["a part of the app cannot be imported: No module named 'shared.arm'"]


def test_every_package_that_is_deployed_is_looked_for() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = {re.split(r"[=;]", line)[0] for line in lines if line and not line.startswith("#")}
    assert set(PACKAGES.values()) == names
