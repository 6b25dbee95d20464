"""What an environment becomes: content, settings, pool, requirements; and a finding for every key."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.fabric.environment import adf_environment_in
from shared.fabric.report import files_of
from shared.fabric.translation import Translation, translated
from tests.unit.fabric.conftest import AIRFLOW, COMPUTE, SECRETS, Json, environment

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


def of(document: Json, *, with_values: bool = False) -> Translation:
    return translated(adf_environment_in(document), with_values=with_values)


def fate(translation: Translation, key: str) -> tuple[str, str]:
    [found] = [finding for finding in translation.findings if finding.path[-1] == key]
    return found.fate, found.note


def airflow_of(translation: Translation) -> Json:
    found: Json = translation.content["properties"]["typeProperties"]["airflowProperties"]
    return found


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from leaves(member, (*path, key))
    else:
        yield path


def missing(document: Json, translation: Translation) -> list[tuple[str, ...]]:
    """Return the leaves of the document that no finding is about, itself or what holds it."""
    told = {finding.path for finding in translation.findings}
    return [leaf for leaf in leaves(document) if not any(leaf[:length] in told for length in range(1, len(leaf) + 1))]


def test_every_key_has_a_finding(full: Json) -> None:
    assert missing(full | {"properties": full["properties"]}, of(full)) == [
        ("properties", "typeProperties", "airflowProperties", "airflowRequirements")
    ]
    requirements = [finding.path[-1] for finding in of(full).findings if "airflowRequirements" in finding.path]
    assert requirements == ["0", "1", "2"]


@given(st.dictionaries(st.sampled_from([*COMPUTE, "x"]), JSON), st.dictionaries(st.sampled_from([*AIRFLOW, "x"]), JSON))
def test_every_key_of_any_environment_has_a_finding(compute: Json, airflow: Json) -> None:
    document = environment(compute, {key: value for key, value in airflow.items() if key != "airflowRequirements"})
    translation = of(document)
    sections = {"computeProperties", "airflowProperties"}
    assert [leaf for leaf in missing(document, translation) if leaf[-1] not in sections] == []
    assert files_of(translation)


def test_every_key_of_microsofts_rest_page_has_a_finding_and_no_secret_of_it_comes_out() -> None:
    """The tables and both samples of the page, its spelling `Credential` included."""
    document = environment(
        {"location": "East US", "computeSize": "Large", "extraNodes": 0},
        {
            "airflowVersion": "2.4.3",
            "pythonVersion": "3.8",
            "airflowRequirements": "flask-bcrypt==0.7.1,apache-airflow-providers-microsoft-azure",
            "airflowEnvironmentVariables": {"SAMPLE_ENV_NAME": "hush-value", "AIRFLOW__TEST__TEST": "hush-override"},
            "gitSyncProperties": {
                "gitServiceType": "GitHub",
                "gitCredentialType": "PAT",
                "repo": "https://github.com/acme/dags",
                "branch": "main",
                "username": "me",
                "Credential": "hush-token",
            },
            "enableAADIntegration": False,
            "userName": "hush-user",
            "password": "hush-password",
            "airflowWebUrl": "https://example.eastus.airflow.svc.datafactory.azure.com/login/",
            "airflowEntityReferences": [],
            "packageProviderPath": "plugins",
            "enableTriggerers": False,
        },
        state="Initial",
    )
    document |= {"id": "/subscriptions/s", "type": "Microsoft.DataFactory/factories/integrationruntimes", "etag": "e"}
    translation = of(document)
    requirements = ("properties", "typeProperties", "airflowProperties", "airflowRequirements")
    assert set(missing(document, translation)) <= {requirements}
    assert airflow_of(translation)["airflowRequirements"] == [
        "flask-bcrypt==0.7.1",
        "apache-airflow-providers-microsoft-azure",
    ]
    assert "hush" not in json.dumps(files_of(translation))


def test_an_environment_without_anything_becomes_fabrics_default() -> None:
    translation = of({"name": "orders", "properties": {"type": "Airflow"}})
    assert (translation.pool, translation.requirements, translation.description) == (None, (), "")
    assert translation.settings == {
        "environmentVariables": [],
        "airflowConfigurationOverrides": [],
        "triggerers": "Disabled",
    }
    assert (airflow_of(translation)["airflowVersion"], airflow_of(translation)["pythonVersion"]) == ("2.10.5", "3.12")


def test_without_values_no_secret_is_in_any_file(full: Json) -> None:
    text = "".join(files_of(of(full)).values())
    assert [secret for secret in SECRETS if secret in text] == []
    assert '"value": "<value of STAGE>"' in text
    assert airflow_of(of(full))["airflowEnvironmentVariables"] == {}


def test_with_values_variables_and_overrides_are_there_and_secrets_of_their_own_keys_are_not(full: Json) -> None:
    translation = of(full, with_values=True)
    text = "".join(files_of(translation).values())
    assert [secret for secret in SECRETS if secret in text] == ["hush-1", "hush-4"]
    assert "hush" not in files_of(translation)["report.md"]
    assert translation.settings == {
        "environmentVariables": [{"name": "STAGE", "value": "prod"}, {"name": "API_TOKEN", "value": "hush-1"}],
        "airflowConfigurationOverrides": [
            {"name": "AIRFLOW__CORE__PARALLELISM", "value": "8"},
            {"name": "AIRFLOW__CORE__X", "value": "hush-4"},
        ],
        "triggerers": "Enabled",
    }
    airflow = airflow_of(translation)
    assert airflow["airflowEnvironmentVariables"] == {"STAGE": "prod", "API_TOKEN": "hush-1"}
    assert airflow["airflowConfigurationOverrides"] == {"AIRFLOW__CORE__PARALLELISM": "8", "AIRFLOW__CORE__X": "hush-4"}


def test_a_setting_among_the_variables_becomes_an_override(full: Json) -> None:
    assert fate(of(full), "AIRFLOW__CORE__PARALLELISM")[0] == "changed"
    assert fate(of(full), "STAGE") == ("carried", "")


def test_a_setting_that_fabric_keeps_is_lost(full: Json) -> None:
    assert fate(of(full), "AIRFLOW__CORE__FERNET_KEY") == ("lost", "Fabric does not let this setting be overridden")


@pytest.mark.parametrize("name", ["AZURE_CLIENT_ID", "azure_tenant_id", "AZURE_AUTHORITY_HOST"])
def test_a_reserved_name_is_carried_with_a_warning(name: str) -> None:
    note = fate(of(environment(airflow={"airflowEnvironmentVariables": {name: "x"}})), name)[1]
    assert note.startswith("reserved: ")


@pytest.mark.parametrize("value", ["********", "[parameters('stage')]"])
def test_a_value_that_is_not_known_becomes_a_placeholder_even_with_values(value: str) -> None:
    translation = of(environment(airflow={"airflowEnvironmentVariables": {"STAGE": value}}), with_values=True)
    assert translation.settings["environmentVariables"] == [{"name": "STAGE", "value": "<value of STAGE>"}]
    assert airflow_of(translation)["airflowEnvironmentVariables"] == {}
    assert [finding.todo for finding in translation.findings if finding.todo] == [
        "put the value of STAGE into settings.json"
    ]


def test_values_that_are_no_text_are_written_as_json() -> None:
    translation = of(environment(airflow={"airflowEnvironmentVariables": {"N": 1, "B": True}}), with_values=True)
    assert [pair["value"] for pair in translation.settings["environmentVariables"]] == ["1", "true"]


@pytest.mark.parametrize(
    ("compute", "pool"),
    [
        ({}, None),
        ({"computeSize": "small", "extraNodes": "0"}, None),
        ({"computeSize": "Large"}, ("Large", 5, 5)),
        ({"extraNodes": 2}, ("Small", 5, 7)),
        ({"extraNodes": "2"}, ("Small", 5, 7)),
        ({"enableAutoscale": True}, ("Small", 5, 5)),
        ({"computeSize": "LARGE", "enableAutoscale": "true", "autoScaleMaxNodes": 9}, ("Large", 5, 9)),
        (COMPUTE, ("Large", 6, 9)),
        ({"computeSize": "Huge"}, None),
    ],
)
def test_nodes_become_the_starter_pool_or_one_of_at_least_five(
    compute: Json, pool: tuple[str, int, int] | None
) -> None:
    found = of(environment(compute)).pool
    nodes = found and (found["nodeSize"], *found["computeScalability"].values())
    assert nodes == pool


def test_the_starter_pool_is_told_to_pause() -> None:
    assert "pauses when idle" in fate(of(environment({"computeSize": "Small"})), "computeSize")[1]


def test_a_size_that_is_not_known_is_lost_with_something_to_do() -> None:
    assert fate(of(environment({"computeSize": "Huge"})), "computeSize") == ("lost", "expected Small or Large")


@pytest.mark.parametrize("given", [["a==1", "b>=1,<2"], "a==1, b>=1,<2"])
def test_requirements_may_be_a_list_or_one_text(given: object) -> None:
    translation = of(environment(airflow={"airflowRequirements": given}))
    assert translation.requirements == ("a==1", "b>=1,<2")
    assert files_of(translation)["requirements.txt"] == "a==1\nb>=1,<2\n"


def test_packages_move_to_plugins(full: Json) -> None:
    assert of(full).requirements == (
        "pandas==2.2.3",
        "/opt/airflow/plugins/libs/own.whl",
        "/opt/airflow/git/repo/dags/x.whl",
    )
    todos = [finding.todo for finding in of(full).findings]
    assert "move own.whl to plugins/libs/ in the folder" in todos


def test_a_login_in_a_requirement_is_masked_unless_values_are_asked_for() -> None:
    line = "git+https://me:hush@github.com/acme/lib"
    document = environment(airflow={"airflowRequirements": [line]})
    assert of(document).requirements == ("git+https://********@github.com/acme/lib",)
    assert of(document, with_values=True).requirements == (line,)
    assert "hush" not in files_of(of(document, with_values=True))["report.md"]


def test_an_expression_of_a_template_is_lost_and_named() -> None:
    airflow = {"airflowRequirements": ["[parameters('a')]"], "airflowVersion": "[parameters('b')]"}
    translation = of(environment({"extraNodes": "[parameters('c')]"}, airflow))
    assert (translation.requirements, translation.pool) == ((), None)
    assert [finding.fate for finding in translation.findings if finding.path[0] == "properties"][1:] == ["lost"] * 3


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("airflowVersion", "2.6.3", ("changed", "2.6.3 becomes 2.10.5")),
        ("pythonVersion", "3.8", ("changed", "3.8 becomes 3.12")),
        ("enableAADIntegration", True, ("carried", "")),
        ("enableAADIntegration", False, ("changed", "users sign in with Microsoft Entra ID only")),
        ("packageProviderPath", "plugins", ("carried", "")),
        ("packageProviderPath", "other", ("changed", "Fabric's is plugins")),
        ("userName", "me", ("lost", "Fabric has no Basic login")),
        ("userName", None, ("carried", "nothing to carry")),
        ("secrets", [], ("carried", "nothing to carry")),
        ("surprise", 1, ("lost", "not known to Fabric")),
        ("airflowEnvironmentVariables", ["not", "an object"], ("lost", "not known to Fabric")),
    ],
)
def test_each_key_has_its_fate(key: str, value: object, expected: tuple[str, str]) -> None:
    assert fate(of(environment(airflow={key: value})), key) == expected


def test_git_sync_is_for_the_portal_and_excludes_a_route(full: Json) -> None:
    [todo] = [finding.todo for finding in of(full).findings if finding.path[-1] == "gitSyncProperties"]
    assert todo == (
        "set up Git sync of https://********@github.com/acme/dags in the portal, and then make no route to this job: "
        "it can have one of the two"
    )


def test_a_description_is_cut_to_what_fabric_takes() -> None:
    translation = of(environment(description="x" * 300))
    assert len(translation.description) == 256
    assert fate(translation, "description")[0] == "changed"


def test_the_files_are_a_folder_of_git_integration_and_what_goes_beside_it(full: Json) -> None:
    files = files_of(of(full))
    assert set(files) == {
        "orders.ApacheAirflowJob/.platform",
        "orders.ApacheAirflowJob/apacheairflowjob-content.json",
        "settings.json",
        "pool.json",
        "requirements.txt",
        "report.md",
    }
    platform = json.loads(files["orders.ApacheAirflowJob/.platform"])
    assert platform["metadata"] == {
        "type": "ApacheAirflowJob",
        "displayName": "orders",
        "description": "Orders, daily",
    }
    assert "pool.json" not in files_of(of(environment()))


def test_a_second_translation_is_of_the_same_item(full: Json) -> None:
    assert files_of(of(full)) == files_of(of(full))


def test_the_report_lists_what_is_to_do_once_and_each_key(full: Json) -> None:
    lines = files_of(of(full))["report.md"].splitlines()
    assert lines[0] == "# orders: from Data Factory to Fabric"
    assert "| `properties.typeProperties.airflowProperties.airflowVersion` | 2.6.3 becomes 2.10.5 |" in lines
    todos = [line.partition(". ")[2] for line in lines if line[:1].isdigit()]
    assert len(todos) == len(set(todos)) > 5


def test_no_text_breaks_out_of_the_reports_table() -> None:
    airflow = {"airflowVersion": "1 | 2\n\n# x", "a`|\nb": 1}
    report = files_of(of(environment(airflow=airflow)))["report.md"]
    assert "1 \\| 2 # x becomes 2.10.5" in report
    assert "airflowProperties.a'\\| b`" in report
