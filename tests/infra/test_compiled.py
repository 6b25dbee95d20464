"""Microsoft's compiler has nothing to say about any file, with every rule of its linter on."""

import json
import re
from pathlib import Path

import pytest

from local.app_settings import ROOT
from tests.infra.compiler import INFRA, compiled, needs_compiler, run

CONFIG = ROOT / "bicepconfig.json"
# Built-in roles and their ids, read in Microsoft's azure-docs, articles/role-based-access-control/built-in-roles.md.
BUILT_IN = {
    "dataFactoryContributor": "673868aa-7521-48a0-acc6-0f60742d39f5",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataReader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
# A rule of each sort that the files obey: one that is on by default, and those that are not.
FAULTY = """
param unused string
param given array = []
resource account 'Microsoft.Storage/storageAccounts@2021-01-01' = {
  name: 'account'
  location: 'westeurope'
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  tags: { many: string(given) }
}
"""
RULES_BROKEN = {
    "no-unused-params",
    "use-description-params",
    "use-user-defined-types",
    "use-recent-api-versions",
    "no-hardcoded-location",
}


@needs_compiler
def test_the_linter_finds_nothing_in_any_file() -> None:
    ran = run("lint", "--pattern", f"{INFRA}/**/*.bicep")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@needs_compiler
@pytest.mark.parametrize("name", ["main.bicep", "events.bicep"])
def test_it_compiles_without_a_word(name: str) -> None:
    ran = run("build", INFRA / name, "--stdout")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["resources"]


@needs_compiler
def test_the_linter_would_have_spoken(tmp_path: Path) -> None:
    (tmp_path / "bicepconfig.json").write_text(CONFIG.read_text())
    (tmp_path / "faulty.bicep").write_text(FAULTY)
    ran = run("lint", tmp_path / "faulty.bicep")
    assert ran.returncode == 1
    assert set(re.findall(r"Error ([a-z-]+):", ran.stderr)) >= RULES_BROKEN


def test_a_rule_that_is_off_has_its_reason_beside_it() -> None:
    lines = CONFIG.read_text().splitlines()
    off = [number for number, line in enumerate(lines) if '"level": "off"' in line]
    assert [lines[number] for number in off if not lines[number - 1].lstrip().startswith("// ")] == []
    assert {re.sub(r'.*"level": "(\w+)".*', r"\1", line) for line in lines if '"level"' in line} == {"error", "off"}


@needs_compiler
def test_every_module_is_part_of_a_deployment() -> None:
    used = set(re.findall(r"module \w+ 'modules/([\w-]+)\.bicep'", (INFRA / "main.bicep").read_text()))
    assert used == {path.stem for path in (INFRA / "modules").glob("*.bicep")}


def test_the_ids_of_roles_are_those_of_the_docs() -> None:
    assert json.loads((INFRA / "roles.json").read_text()) == BUILT_IN


def test_no_id_of_a_role_is_written_elsewhere() -> None:
    text = "".join(path.read_text() for path in INFRA.rglob("*.bicep"))
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) == []


@needs_compiler
def test_nothing_is_open_that_need_not_be() -> None:
    text = json.dumps(compiled("main.bicep"))
    for closed in (
        '"allowSharedKeyAccess": false',
        '"allowBlobPublicAccess": false',
        '"supportsHttpsTrafficOnly": true',
        '"minimumTlsVersion": "TLS1_2"',
        '"httpsOnly": true',
        '"minTlsVersion": "1.2"',
        '"scmMinTlsVersion": "1.2"',
        '"ftpsState": "Disabled"',
        '"enableRbacAuthorization": true',
        '"DisableLocalAuth": true',
    ):
        assert closed in text
    assert re.findall(r"\blist\w*\(", text) == []


@needs_compiler
def test_the_one_key_that_is_read_is_that_of_the_blob_triggers_webhook() -> None:
    read = re.findall(r"\blist\w*\(.*?\)\)?\.[\w.]+", json.dumps(compiled("events.bicep")))
    assert read
    assert [one for one in read if "/host/default" not in one or not one.endswith("systemKeys.blobs_extension")] == []
