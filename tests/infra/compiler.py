"""Microsoft's Bicep compiler on the template: what it says, what it compiles, what a deployment would make.

It is taken from `BICEP`, from PATH, or from where `az bicep install` puts it; without one the tests are skipped.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local.app_settings import ROOT

INFRA = ROOT / "infra"
APP_SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
# The variables that have to be there; everything else of main.bicepparam has a default.
VARIABLES = {
    "AZURE_ENV_NAME": "relay",
    "AZURE_LOCATION": "westeurope",
    "FACTORY_NAME": "example-adf",
    "DAG_STORAGE_NAME": "exampledags",
    "AIRFLOW_ENVIRONMENT": "sample-2",
    "LINKED_SERVICE": "AzureBlobStorage1",
    "DAG_FOLDER": "airflow-files/airflow",
}
_WHERE = {
    "--subscription-id": APP_SUBSCRIPTION,
    "--tenant-id": "99999999-9999-9999-9999-999999999999",
    "--resource-group": "rg-relay",
    "--location": "westeurope",
}


def found() -> str | None:
    """Return the compiler's path, if there is one."""
    return os.environ.get("BICEP") or shutil.which("bicep", path=f"{os.environ['PATH']}:{Path.home() / '.azure/bin'}")


NO_COMPILER = "no Bicep compiler in BICEP, on PATH or in ~/.azure/bin: `az bicep install` gets one"
needs_compiler = pytest.mark.skipif(found() is None, reason=NO_COMPILER)


# .NET counts on running for longer; without that a run takes a quarter less.
_FOR_SHORT_RUNS = {"DOTNET_TieredPGO": "0", "DOTNET_gcConcurrent": "0"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a deployment would do, as far as it can be told without Azure."""

    resources: tuple[dict[str, Any], ...]
    outputs: dict[str, Any]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the resources of a type, like `Microsoft.Web/sites`."""
        return [one for one in self.resources if one["type"] == kind]

    def properties(self, kind: str, name: str = "") -> dict[str, Any]:
        """Return the properties of the one resource of a type whose name ends so."""
        (one,) = [one for one in self.of_type(kind) if one["name"].endswith(name)]
        properties: dict[str, Any] = one["properties"]
        return properties


def run(*arguments: str | Path, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the compiler; only `variables` and what the machine needs are in its environment."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "HOME", "TMP", "DOTNET_"))}
    environ = kept | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", **_FOR_SHORT_RUNS} | dict(variables or {})
    return subprocess.run(
        [found() or "bicep", *arguments], env=environ, capture_output=True, text=True, check=False, timeout=100
    )


@cache
def compiled(name: str) -> dict[str, Any]:
    """Return the ARM template of a file of infra/."""
    template: dict[str, Any] = json.loads(run("build", INFRA / name, "--stdout").stdout)
    return template


def refusal(folder: Path, variables: Mapping[str, str]) -> str:
    """Return what the compiler says when it reads the parameters from these variables; empty if it takes them."""
    return run("build-params", _copy(folder) / "main.bicepparam", "--stdout", variables=variables).stderr


def snapshot(folder: Path, variables: Mapping[str, str], parameters: str = "") -> Snapshot:
    """Evaluate a deployment of main.bicepparam, or of `parameters`. The compiler writes beside them, so into a copy."""
    file = _copy(folder) / "main.bicepparam"
    if parameters:
        file.write_text(parameters)
    ran = _evaluate(file, variables)
    assert (ran.returncode, ran.stderr) == (0, "")
    predicted: dict[str, Any] = json.loads(file.with_suffix(".snapshot.json").read_text())
    assert predicted["diagnostics"] == []
    return Snapshot(tuple(predicted["predictedResources"]), predicted["outputs"])


def not_evaluated(folder: Path, variables: Mapping[str, str]) -> str:
    """Return why a deployment of main.bicepparam cannot be evaluated."""
    ran = _evaluate(_copy(folder) / "main.bicepparam", variables)
    assert ran.returncode != 0
    return ran.stdout + ran.stderr


def _evaluate(file: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    where = [word for pair in _WHERE.items() for word in pair]
    return run("snapshot", file, "--mode", "overwrite", *where, variables=variables)


def _copy(folder: Path) -> Path:
    shutil.copy(ROOT / "bicepconfig.json", folder)
    return Path(shutil.copytree(INFRA, folder / "infra", dirs_exist_ok=True))
