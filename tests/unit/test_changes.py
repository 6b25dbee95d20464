import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adf.diff import changes
from shared.adf.secrets import MASK

CANARY = "canary-4711"
AIRFLOW = "properties.typeProperties.airflowProperties."
COMPUTE = "properties.typeProperties.computeProperties."


def spec(compute: dict[str, Any] | None = None, **airflow: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    types = {"computeProperties": compute or {}, "airflowProperties": airflow}
    return {"properties": {"type": "Airflow", "typeProperties": types}}


def found(existing: dict[str, Any] | None, asked: dict[str, Any]) -> dict[str, tuple[object, object]]:
    return {
        ".".join(each.path).removeprefix(AIRFLOW).removeprefix(COMPUTE): (each.before, each.after)
        for each in changes(existing, asked)
    }


def test_the_sample_answer_of_the_seed_is_what_its_sample_request_asks_for() -> None:
    shared = {
        "airflowVersion": "2.4.3",
        "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "test"},
        "airflowRequirements": ["apache-airflow-providers-microsoft-azure"],
        "enableAADIntegration": True,
    }
    compute = {"location": "East US", "computeSize": "Large", "extraNodes": 0}
    asked = spec(compute, **shared, userName=None, password=None, airflowEntityReferences=[]) | {"name": "sample-2"}
    shown = spec(
        compute,
        **shared,
        pythonVersion="3.8",
        airflowWebUrl="https://e57f.example/login/",
        airflowEntityReferences=[],
        packageProviderPath="plugins",
        enableTriggerers=False,
    )
    shown["properties"]["state"] = "Initial"
    shown |= {"id": "/subscriptions/x", "name": "Sample-2", "type": "Microsoft.DataFactory/x", "etag": "e"}
    assert changes(shown, asked) == ()
    assert changes(shown, shown) == ()


def test_everything_is_new_where_there_is_no_environment() -> None:
    asked = spec({"extraNodes": 0}, airflowEnvironmentVariables={"A": CANARY}, airflowRequirements=[])
    assert found(None, asked) == {
        "properties.type": (None, "Airflow"),
        "extraNodes": (None, 0),
        "airflowEnvironmentVariables.A": (None, "set"),
    }


@pytest.mark.parametrize(
    ("there", "asked", "expected"),
    [
        (spec({"extraNodes": 1}), spec({"extraNodes": 2}), {"extraNodes": (1, 2)}),
        (spec({"extraNodes": "2"}), spec({"extraNodes": 2}), {}),
        (spec(a=1), spec(a=True), {"a": (1, True)}),
        (spec(a="true"), spec(a=True), {"a": ("true", True)}),
        (spec(a=[1]), spec(a=[True]), {"a": ([1], [True])}),
        (spec(a={"b": {"c": 1}}), spec(a={"b": {"c": 2}}), {"a.b.c": (1, 2)}),
        (spec(a={"b": 1}), spec(a="text"), {"a": ({"b": 1}, "text")}),
        (spec(a="text"), spec(a={"password": CANARY}), {"a": ("text", {"password": MASK})}),
        (spec(ComputeLike=1), spec(computelike=1), {}),
        (spec(airflowRequirements=["a"]), spec(), {"airflowRequirements": (["a"], None)}),
        (spec(enableTriggerers=True), spec(), {"enableTriggerers": (True, None)}),
        (spec(enableTriggerers=False), spec(), {}),
        (spec({"location": "East US"}), spec({}), {}),
        (spec({"location": "East US"}), spec({"location": "West US"}), {"location": ("East US", "West US")}),
        (spec(airflowVersion="2.4.3"), spec(airflowVersion="2.6.3"), {"airflowVersion": ("2.4.3", "2.6.3")}),
    ],
)
def test_a_change_is_what_differs_and_was_not_made_by_the_service(
    there: dict[str, Any], asked: dict[str, Any], expected: dict[str, tuple[object, object]]
) -> None:
    assert found(there, asked) == expected


@pytest.mark.parametrize(
    ("there", "asked", "expected"),
    [
        ({"A": "x"}, {"A": "x"}, {}),
        ({"A": "x"}, {"A": CANARY}, {"A": ("set", "changed")}),
        ({"A": CANARY}, {"B": "x"}, {"B": (None, "set"), "A": ("set", None)}),
        ({"A": "x"}, {"a": "x"}, {"a": (None, "set"), "A": ("set", None)}),
        ({"A": "x"}, {}, {"A": ("set", None)}),
        (None, {"A": ""}, {"A": (None, "set")}),
    ],
)
def test_variables_are_compared_and_not_shown(
    there: dict[str, str] | None, asked: dict[str, str], expected: dict[str, tuple[object, object]]
) -> None:
    variables = found(spec(airflowEnvironmentVariables=there), spec(airflowEnvironmentVariables=asked))
    assert variables == {f"airflowEnvironmentVariables.{name}": change for name, change in expected.items()}


@pytest.mark.parametrize(
    ("there", "change"),
    [({}, (None, "set")), ({"password": "p"}, ("set", "changed")), ({"Password": "p"}, ("set", "changed"))],
)
def test_a_secret_that_is_never_shown_counts_as_changed_whenever_it_is_sent(
    there: dict[str, Any], change: tuple[object, object]
) -> None:
    assert found(spec(**there), spec(password="p")) == {"password": change}  # noqa: S106 - no password


def test_leaving_a_secret_out_or_null_does_not_ask_for_anything() -> None:
    assert found(spec(), spec(password=None, secrets=[])) == {}


def test_a_key_with_dots_is_not_taken_for_one_that_the_service_makes() -> None:
    assert changes({}, {"properties.state": "x"}) != ()


NAMES = st.sampled_from(
    [
        "properties",
        "typeProperties",
        "airflowProperties",
        "airflowEnvironmentVariables",
        "password",
        "Credential",
        "secrets",
        "state",
        "a",
        "A",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "1", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)


@given(OBJECTS, OBJECTS)
def test_any_two_objects_can_be_compared_and_the_result_is_json(there: dict[str, Any], asked: dict[str, Any]) -> None:
    for change in changes(there, asked):
        json.dumps([change.before, change.after])


@given(st.sampled_from(["password", "credential", "Secrets", "encryptedSecrets"]), st.booleans())
def test_no_secret_is_in_any_change(key: str, swapped: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    there = spec(a={key: f"{CANARY}1"}, repo="u")
    asked = spec(a={key: f"{CANARY}2"}, repo=f"https://{CANARY}@h/r")
    assert CANARY not in repr(changes(asked, there) if swapped else changes(there, asked))
