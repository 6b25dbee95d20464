"""What code generators and linters make of the API's document, and a generated client on the running stack."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from local.app_settings import ROOT
from tests.e2e.conftest import running_stack
from tests.e2e.environments import ROUTES
from tests.e2e.test_openapi import HOST_ID, Keyed, made_key

BIN = ROOT / "node_modules/.bin"
CLIENT = "generated_relay_client"
# Minimal requests and every kind of answer, as a caller with TypeScript would write them.
USE = """
import type { components, paths } from "./api";

export const spec: components["schemas"]["EnvironmentSpec"] = { properties: { type: "Airflow", typeProperties: {} } };

type Put = paths["/api/environments/{name}"]["put"];
export const sent: Put["requestBody"]["content"]["application/json"] = spec;
export const options: Put["parameters"] = { path: { name: "sample-2" } };

export function told(answer: Put["responses"][200]["content"]["application/json"]): string {
    return "wouldSend" in answer ? String(answer.changes) : String(answer.properties);
}

export function refused(problem: components["schemas"]["ProblemDetails"]): string {
    return problem.code + (problem.errors ?? []).map((error) => error.path);
}
"""


def ran(command: list[str | Path], folder: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = os.environ | {"PATH": path, "NO_COLOR": "1", "REDOCLY_TELEMETRY": "off"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def keyed() -> Iterator[Keyed]:
    settings = {"RELAY_ROUTES": json.dumps(ROUTES), "AzureFunctionsWebHost__hostid": HOST_ID}
    with running_stack("--enable-auth", **settings) as (running, _):
        yield Keyed(running.addresses.app, made_key(running))


@pytest.fixture(scope="module")
def document(keyed: Keyed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    answer = requests.get(f"{keyed.app}/api/openapi.json", headers={"x-functions-key": keyed.key}, timeout=60)
    path.write_text(json.dumps(answer.json(), indent=1))
    return path


@pytest.fixture(scope="module")
def generated(keyed: Keyed, document: Path) -> Iterator[SimpleNamespace]:
    """The client of openapi-python-client, as a package."""
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    ran([*command, "--path", document, "--output-path", document.parent / CLIENT], document.parent)
    sys.path.insert(0, str(document.parent))
    package: Any = importlib.import_module(CLIENT)
    with package.Client(base_url=keyed.app, headers={"x-functions-key": keyed.key}) as client:
        yield SimpleNamespace(
            client=client,
            put=importlib.import_module(f"{CLIENT}.api.environments.put_environment").sync_detailed,
            models=importlib.import_module(f"{CLIENT}.models"),
        )
    sys.path.remove(str(document.parent))


def test_a_minimal_spec_type_checks_in_typescript_with_default_flags(document: Path) -> None:
    folder = document.parent
    (folder / "use.ts").write_text(USE)
    ran([BIN / "openapi-typescript", document, "--output", "api.ts"], folder)
    ran([BIN / "tsc", "--noEmit", "--strict", "use.ts"], folder)


@pytest.mark.parametrize(
    "command",
    [
        [BIN / "redocly", "lint", "--config", ROOT / "tests/e2e/redocly.yaml"],
        [BIN / "spectral", "lint", "--ruleset", ROOT / "tests/e2e/spectral.yaml", "--fail-severity", "error"],
    ],
    ids=["redocly", "spectral"],
)
def test_the_linters_find_no_error(document: Path, command: list[str | Path]) -> None:
    ran([*command, document], document.parent)


def spec_of(generated: SimpleNamespace, kind: str = "Airflow") -> Any:  # noqa: ANN401 - generated
    spec = {"properties": {"type": "Airflow", "typeProperties": {}}}
    found = generated.models.EnvironmentSpec.from_dict(spec)
    found.properties.type_ = kind
    return found


def test_a_generated_client_puts_an_environment(generated: SimpleNamespace) -> None:
    answer = generated.put("generated", client=generated.client, body=spec_of(generated))
    assert (answer.status_code, answer.parsed.name) == (HTTPStatus.OK, "generated")


def test_a_generated_client_understands_a_plan(generated: SimpleNamespace) -> None:
    answer = generated.put("generated", client=generated.client, body=spec_of(generated), dry_run=True)
    assert isinstance(answer.parsed, generated.models.Plan)


def test_a_generated_client_understands_a_refusal(generated: SimpleNamespace) -> None:
    answer = generated.put("generated", client=generated.client, body=spec_of(generated, "SelfHosted"))
    assert (answer.status_code, answer.parsed.code) == (HTTPStatus.UNPROCESSABLE_ENTITY, "InvalidSpec")


def test_a_generated_client_gets_over_a_key_that_is_wrong(generated: SimpleNamespace, keyed: Keyed) -> None:
    with type(generated.client)(base_url=keyed.app, headers={"x-functions-key": "wrong"}) as client:
        answer = generated.put("generated", client=client, body=spec_of(generated))
    assert (answer.status_code, answer.parsed) == (HTTPStatus.UNAUTHORIZED, None)
