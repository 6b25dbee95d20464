from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.adf.spec import EnvironmentSpec, normalised, twins_in

AIRFLOW = ("properties", "typeProperties", "airflowProperties")


def spec(**airflow: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": airflow}}}


def test_the_sample_of_the_seed_is_valid() -> None:
    EnvironmentSpec.model_validate(
        {
            "name": "sample-2",
            "properties": {
                "type": "Airflow",
                "typeProperties": {
                    "computeProperties": {"location": "East US", "computeSize": "Large", "extraNodes": 0},
                    "airflowProperties": {
                        "airflowVersion": "2.4.3",
                        "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "test"},
                        "airflowRequirements": ["apache-airflow-providers-microsoft-azure"],
                        "enableAADIntegration": True,
                        "userName": None,
                        "password": None,
                        "airflowEntityReferences": [],
                    },
                },
            },
        }
    )


@pytest.mark.parametrize(
    "body",
    [
        spec(airflowRequirements="a, b"),
        spec(unknown={"any": ["thing"]}),
        spec(
            gitSyncProperties={"gitServiceType": "Github", "gitCredentialType": "PAT", "repo": "r", "Credential": "c"}
        ),
        spec(gitSyncProperties={"gitServiceType": "ADO", "gitCredentialType": "SPN", "repo": "r", "tenantId": "t"}),
        {"properties": {"Type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": "2"}}}},
        {"properties": {"Type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": 2.0}}}},
    ],
)
def test_spellings_and_keys_seen_in_the_wild_are_valid(body: dict[str, Any]) -> None:
    EnvironmentSpec.model_validate(body)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "properties"),
        ({"properties": []}, "properties"),
        ({"properties": {"type": "SelfHosted", "typeProperties": {}}}, "properties.type"),
        ({"properties": {"type": "Airflow"}}, "properties.typeProperties"),
        (spec(airflowVersion=2), ".".join((*AIRFLOW, "airflowVersion"))),
        (spec(enableAADIntegration="yes"), ".".join((*AIRFLOW, "enableAADIntegration"))),
        (spec(airflowEnvironmentVariables={"A": 1}), ".".join((*AIRFLOW, "airflowEnvironmentVariables", "A"))),
        (
            spec(gitSyncProperties={"gitServiceType": "SVN", "repo": "r"}),
            ".".join((*AIRFLOW, "gitSyncProperties", "gitServiceType")),
        ),
    ],
)
def test_what_the_seed_rules_out_is_refused_by_its_path(body: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EnvironmentSpec.model_validate(body)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [path]


@pytest.mark.parametrize("nodes", ["-1", "1.5", "many", "", -1, 1.5, True, "²"])
def test_a_number_of_nodes_is_a_whole_number_not_below_zero(nodes: object) -> None:
    with pytest.raises(ValidationError, match="extraNodes"):
        EnvironmentSpec.model_validate(
            {"properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": nodes}}}}
        )


def test_the_second_spellings_of_the_seed_are_put_right_and_all_else_stays_in_order() -> None:
    body = {
        "z": 1,
        "properties": {
            "b": {"Type": "kept"},
            "Type": "Airflow",
            "typeProperties": {
                "airflowProperties": {"gitSyncProperties": {"Credential": "c", "repo": "r"}, "Credential": "kept"}
            },
        },
        "a": [{"Type": 1}],
    }
    result = normalised(body)
    assert list(result) == ["z", "properties", "a"]
    assert list(result["properties"]) == ["b", "type", "typeProperties"]
    airflow = result["properties"]["typeProperties"]["airflowProperties"]
    assert airflow == {"gitSyncProperties": {"credential": "c", "repo": "r"}, "Credential": "kept"}
    assert (result["properties"]["b"], result["a"]) == ({"Type": "kept"}, [{"Type": 1}])


def test_keys_that_differ_in_case_only_are_found_wherever_they_stand() -> None:
    body = {"properties": {"Type": "x", "type": "Airflow", "x": [{"A": 1, "a": 2}]}, "Name": "n"}
    assert set(twins_in(body)) == {("properties", "type"), ("properties", "x", "0", "a")}


def test_names_of_variables_may_differ_in_case_only() -> None:
    assert list(twins_in({"airflowEnvironmentVariables": {"A": "1", "a": "2"}})) == []


def test_documented_keys_travel_as_they_are_documented_whatever_case_they_came_in() -> None:
    body = {"Properties": {"TYPE": "Airflow", "typeproperties": {"ComputeProperties": {"EXTRANODES": 1, "Own": {}}}}}
    assert normalised(body) == {
        "properties": {"type": "Airflow", "typeProperties": {"computeProperties": {"extraNodes": 1, "Own": {}}}}
    }


def test_a_section_in_another_case_is_checked() -> None:
    with pytest.raises(ValidationError, match="extraNodes"):
        EnvironmentSpec.model_validate(
            {"properties": {"type": "Airflow", "TypeProperties": {"ComputeProperties": {"ExtraNodes": -1}}}}
        )


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "properties", "type", "Type", "typeProperties", "airflowProperties", "extraNodes", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["name", "properties", "x"]), _json))
def test_any_json_object_is_valid_or_refused_and_nothing_else(body: dict[str, Any]) -> None:
    with suppress(ValidationError):
        EnvironmentSpec.model_validate(body)
