"""Finding the environment in what a person has: a spec, an exported template, Data Factory's answer."""

import pytest

from shared.fabric.environment import adf_environment_in
from tests.unit.fabric.conftest import environment

RUNTIME = "Microsoft.DataFactory/factories/integrationRuntimes"


def resource(name: str, kind: str = "Airflow") -> dict[str, object]:
    """Return a resource as the portal exports it."""
    name = f"[concat(parameters('factoryName'), '/{name}')]"
    return {"name": name, "type": RUNTIME, "apiVersion": "2018-06-01", "properties": {"type": kind}, "dependsOn": []}


def test_a_spec_is_taken_with_its_name() -> None:
    found = adf_environment_in(environment({"computeSize": "Large"}))
    assert (found.name, found.compute) == ("orders", {"computeSize": "Large"})


def test_sections_are_found_without_regard_to_case() -> None:
    found = adf_environment_in(
        {"name": "orders", "properties": {"type": "airflow", "TypeProperties": {"ComputeProperties": {"a": 1}}}}
    )
    assert (found.compute, found.airflow) == ({"a": 1}, {})


def test_a_name_that_is_given_wins() -> None:
    assert adf_environment_in(environment(), "other").name == "other"
    assert adf_environment_in({"properties": {"type": "Airflow"}}, "other").name == "other"


def test_the_one_airflow_environment_of_a_template_is_taken() -> None:
    template = {"resources": [resource("self-hosted", "SelfHosted"), resource("orders"), {"type": "x"}, 7]}
    assert adf_environment_in(template).name == "orders"


def test_of_several_in_a_template_the_name_decides() -> None:
    template = {"resources": [resource("orders"), resource("sales")]}
    assert adf_environment_in(template, "SALES").name == "SALES"
    with pytest.raises(ValueError, match="the name of one of these: orders, sales"):
        adf_environment_in(template)
    with pytest.raises(ValueError, match="orders, sales"):
        adf_environment_in(template, "none")


@pytest.mark.parametrize(
    "document", [None, [], "x", {}, {"properties": {"type": "Managed"}}, {"properties": 1}, {"resources": []}]
)
def test_what_is_no_environment_says_what_was_expected(document: object) -> None:
    with pytest.raises(ValueError, match=r"expected an environment: an object with properties\.type 'Airflow'"):
        adf_environment_in(document)


def test_an_environment_without_a_name_asks_for_one() -> None:
    with pytest.raises(ValueError, match="expected a name"):
        adf_environment_in({"properties": {"type": "Airflow"}})


@pytest.mark.parametrize("name", ["../x", "a b", "[parameters('name')]", "a/b/", "x" * 64])
def test_a_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        adf_environment_in(environment() | {"name": name})
