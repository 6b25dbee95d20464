import time
from collections.abc import Callable
from typing import Any

import pytest

from shared.adf.secrets import looks_secret
from shared.adf.templates import TemplateFound, environment_in, expressions_in, template_in
from shared.adf.warnings import warnings_of

AIRFLOW = "properties.typeProperties.airflowProperties"


def spec(**airflow: object) -> dict[str, object]:
    return {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": airflow}}}


EXPRESSIONS = [
    "[parameters('pw')]",
    "[concat('a', variables('b'))]",
    "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)",
    "@pipeline().parameters.pw",
    "@{activity('x').output.value}",
    "${{ secrets.PW }}",
    "{{ pw }}",
    "#{pw}#",
    "$PASSWORD",
    "${var.password}",
    "$(password)",
    "%PASSWORD%",
    " [parameters('pw')] ",
    "<%= pw %>",
    "__Password__",
    "<PASSWORD>",
    "<your password>",
    "<client-secret>",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_unresolved_expression_in_the_place_of_a_secret_is_found(text: str) -> None:
    (found,) = expressions_in(spec(password=text))
    assert found.secret
    assert "not resolved" in found.message
    assert text.strip() not in found.message


@pytest.mark.parametrize(
    "text",
    ["[secret]", "p$ssword", "$ummer2024", "a{{b", "{}", "100%", "@bc", "", "[[x(1)]", "<a>", "__", "_x_", "<b3tter!>"],
)
def test_what_a_real_secret_may_look_like_is_none(text: str) -> None:
    assert list(expressions_in(spec(password=text))) == []


def test_a_variable_whose_name_says_so_is_the_place_of_a_secret() -> None:
    assert looks_secret("API_TOKEN")
    found = expressions_in(spec(airflowEnvironmentVariables={"API_TOKEN": "$TOKEN", "STAGE": "$STAGE"}))
    assert {each.path[-1]: each.secret for each in found} == {"API_TOKEN": True, "STAGE": False}


def test_elsewhere_it_is_warned_of_without_its_text() -> None:
    (warning,) = warnings_of(spec(airflowVersion="[parameters('version')]"))
    assert warning.path == f"{AIRFLOW}.airflowVersion"
    assert "parameters" not in warning.message


def found_in(body: dict[str, Any]) -> TemplateFound:
    found = template_in(body)
    assert found is not None
    return found


@pytest.mark.parametrize("path", ["template", "properties.template"])
def test_a_template_is_found_within_a_deployment(path: str) -> None:
    runtime = {"type": "Microsoft.DataFactory/factories/integrationRuntimes", **spec(password="x")}  # noqa: S106
    body: dict[str, Any] = {"resources": [runtime]}
    for key in reversed(path.split(".")):
        body = {key: body}
    part = environment_in(found_in(body))
    assert part is not None
    assert part.path == f"{path}.resources.0"


def test_an_environment_is_found_within_the_resources_of_a_factory() -> None:
    runtime = {"type": "Microsoft.DataFactory/factories/integrationRuntimes", **spec(password="x")}  # noqa: S106
    other = {"type": "Microsoft.DataFactory/factories/integrationRuntimes", "properties": {"type": "SelfHosted"}}
    template = {"resources": [{"type": "Microsoft.DataFactory/factories", "resources": [other, runtime]}]}
    part = environment_in(found_in(template))
    assert part is not None
    assert part.path == "resources.0.resources.1"
    assert part.outline == (
        '{"properties": {"type": "...", "typeProperties": {"airflowProperties": {"password": "..."}}}}'
    )


@pytest.mark.parametrize("template", [{"resources": []}, {"resources": {"a": 1}}, {"resources": [None, {"type": 3}]}])
def test_a_template_may_have_no_environment(template: dict[str, object]) -> None:
    assert environment_in(found_in(template)) is None


def test_a_template_of_many_resources_takes_time_in_proportion_to_them() -> None:
    few, many = TemplateFound("", {"resources": [0] * 40_000}), TemplateFound("", {"resources": [0] * 320_000})
    assert seconds_for(lambda: environment_in(many)) < 24 * seconds_for(lambda: environment_in(few))


def seconds_for(act: Callable[[], object]) -> float:
    """Return the processor's time that an act takes."""
    started = time.process_time()
    act()
    return time.process_time() - started


def test_a_spec_is_no_template() -> None:
    assert template_in({**spec(), "resources": []}) is None
