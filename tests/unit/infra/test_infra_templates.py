"""The Bicep of infra/ as far as it can be checked without a compiler and without Azure."""

import json
import re
from pathlib import Path

import pytest

from local.app_settings import ROOT
from tests.unit.infra.bicep import INFRA, TEMPLATES, Module, Template, read

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
READ = [read(path) for path in TEMPLATES]
MODULES = [(template, module) for template in READ for module in template.modules]


def name_of(case: Template | Module) -> str:
    return case.symbol if isinstance(case, Module) else case.path.name


every_template = pytest.mark.parametrize("template", READ, ids=name_of)
every_module = pytest.mark.parametrize(("template", "module"), MODULES, ids=name_of)


@every_template
def test_every_parameter_and_variable_is_used(template: Template) -> None:
    made = {*template.section("parameters"), *template.section("variables")}
    assert made
    assert made - template.references == set()


@every_template
def test_every_name_that_is_used_is_declared(template: Template) -> None:
    assert template.references - template.declared == set()


@every_module
def test_a_module_is_given_exactly_its_parameters(template: Template, module: Module) -> None:
    assert module.path.is_file(), f"{template.path.name} uses a module that does not exist"
    wanted = read(module.path)
    assert wanted.required <= module.given <= wanted.section("parameters").keys()


@every_template
def test_every_output_that_is_read_exists(template: Template) -> None:
    modules = {module.symbol: module.path for module in template.modules}
    missing = [(symbol, name) for symbol, name in template.used_outputs if not has_output(modules.get(symbol), name)]
    assert missing == []


def has_output(module: Path | None, name: str) -> bool:
    return module is not None and name in read(module).section("outputs")


def test_every_module_file_is_used() -> None:
    assert {module.path for _, module in MODULES} == set(TEMPLATES[2:])


def test_every_resource_names_a_version_of_its_type() -> None:
    versions = {
        (template.path.name, symbol): resource["api_version"]
        for template in READ
        for symbol, resource in template.section("resources").items()
    }
    assert len(versions) > 40
    assert [place for place, version in versions.items() if not re.fullmatch(r"20\d\d-\d\d-\d\d", version)] == []


def test_the_ids_of_roles_are_those_of_the_docs_and_every_role_is_given_to_somebody() -> None:
    assert json.loads((INFRA / "roles.json").read_text()) == BUILT_IN
    text = "\n".join(template.text for template in READ)
    assert [role for role in BUILT_IN if f"roles.{role}" not in text and f"'{role}'" not in text] == []


def test_no_id_of_a_role_is_written_elsewhere() -> None:
    found = [template.path.name for template in READ if re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", template.text)]
    assert found == []


def test_the_parameters_file_has_what_the_template_wants() -> None:
    values = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    main = read(INFRA / "main.bicep")
    assert main.required <= values.keys() <= main.section("parameters").keys()


def test_azd_fills_in_texts_only() -> None:
    values = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    filled_in = {name for name, entry in values.items() if "${" in str(entry["value"])}
    types = {name: one["type"] for name, one in read(INFRA / "main.bicep").section("parameters").items()}
    assert "factoryName" in filled_in
    assert {types[name] for name in filled_in} == {"string"}


def test_every_parameter_is_in_the_docs() -> None:
    docs = (ROOT / "docs/deploy.md").read_text()
    assert [name for name in read(INFRA / "main.bicep").section("parameters") if f"`{name}`" not in docs] == []


def test_nothing_is_open_that_need_not_be() -> None:
    text = "\n".join(template.text for template in READ)
    for closed in (
        "allowSharedKeyAccess: false",
        "allowBlobPublicAccess: false",
        "supportsHttpsTrafficOnly: true",
        "minimumTlsVersion: 'TLS1_2'",
        "httpsOnly: true",
        "minTlsVersion: '1.2'",
        "scmMinTlsVersion: '1.2'",
        "ftpsState: 'Disabled'",
        "enableRbacAuthorization: true",
        "DisableLocalAuth: true",
    ):
        assert closed in text
    assert "listAccountSas" not in text
    assert re.findall(r"\blist\w*\(", text) == ["listKeys("]  # of the app's host, for the webhook's key; of no storage
