"""Every value comes from a variable, and what is wrong or missing is refused before anything is made."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from local.app_settings import ROOT
from shared.route_settings import FabricRouteSettings, RouteSettings
from shared.setting_values import names_of
from tests.infra.compiler import INFRA, VARIABLES, Snapshot, compiled, needs_compiler, not_evaluated, refusal

PARAMETERS = (INFRA / "main.bicepparam").read_text()
DOCS = (ROOT / "docs/deploy.md").read_text()


A_ROUTE = {"name": "sales", "environment": "airflow", "linked_service": "dags", "folder": "one/sales"}


GUID = "11111111-1111-1111-1111-111111111111"

SINGLE_ROUTE = ("AIRFLOW_ENVIRONMENT", "LINKED_SERVICE", "DAG_FOLDER")


@needs_compiler
def test_variables_that_were_forgotten_are_named(tmp_path: Path) -> None:
    named = set(re.findall(r'Environment variable "(\w+)" does not exist', refusal(tmp_path, {})))
    assert named == VARIABLES.keys() - set(SINGLE_ROUTE)


@needs_compiler
@pytest.mark.parametrize("name", SINGLE_ROUTE)
def test_a_variable_of_the_single_route_that_was_forgotten_is_named(name: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, {other: value for other, value in VARIABLES.items() if other != name})
    assert f"property '{name}' doesn't exist" in said


@needs_compiler
def test_with_routes_the_variables_of_a_single_one_are_not_asked_for(tmp_path: Path) -> None:
    given = {name: value for name, value in VARIABLES.items() if name not in SINGLE_ROUTE}
    assert refusal(tmp_path, given | {"ROUTES": json.dumps([A_ROUTE])}) == ""


# The compiler reports all wrong values at once, so a few runs are enough; each has at most one value of a variable.
WRONG = {
    "empty": {"FACTORY_NAME": ("", "too short")},
    "empty, of the single route": {"DAG_FOLDER": ("", "property 'DAG_FOLDER' doesn't exist")},
    "misspelt": {
        "ROUTES": (json.dumps([A_ROUTE | {"linkedService": "dags"}]), 'property "linkedService" is not allowed'),
        "EXTRA_SETTINGS": ('{"RELAY_FACTORY": "/mine"}', '"RELAY_FACTORY" expected a value of type "\'made by the'),
        "ALWAYS_READY": ('[{"name": "blob", "instances": 1}]', 'property "instances" is not allowed'),
        "FACTORY_ROLE": ("owner", "'contributor' | 'custom'"),
        "USE_NETWORK": ("1", 'Expected a value of type "bool"'),
    },
    "of another type": {
        "ROUTES": (json.dumps([A_ROUTE | {"overwrite": "no"}]), '"overwrite" expected a value of type "bool'),
        "EXTRA_SETTINGS": ('{"AzureWebJobsStorage": "key"}', '"AzureWebJobsStorage" expected a value of type "\'made'),
        "HTTP_CONCURRENCY": ("many", "Unable to parse literal JSON value"),
    },
    "incomplete": {
        "ROUTES": ('[{"name": "sales"}]', 'required properties: "folder"'),
        "EXTRA_SETTINGS": ('{"RELAY_QUIET_SECONDS": 10}', '"RELAY_QUIET_SECONDS" expected a value of type "string"'),
    },
    "no CIDR block": {"ALLOWED_ADDRESSES": ('["203.0.113.0/24", "office"]', "CIDR 'office/32' is not valid")},
}


@needs_compiler
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_value_is_refused_with_what_was_expected(kind: str, tmp_path: Path) -> None:
    wrong = WRONG[kind]
    said = refusal(tmp_path, VARIABLES | {name: value for name, (value, _) in wrong.items()})
    assert [expected for _, expected in wrong.values() if expected not in said] == [], said


@needs_compiler
def test_every_parameter_has_a_variable_and_both_are_in_the_docs() -> None:
    parameters = compiled("main.bicep")["parameters"].keys()
    assert set(re.findall(r"^param (\w+) =", PARAMETERS, re.MULTILINE)) == parameters
    variables = set(re.findall(r"readEnvironmentVariable\('(\w+)'", PARAMETERS))
    assert [name for name in {*parameters, *variables} if f"`{name}`" not in DOCS] == []


@needs_compiler
def test_the_defaults_are_those_of_the_template() -> None:
    """A deployment of main.bicep without the file of parameters gets the same."""
    written = dict(re.findall(r"param (\w+) = (?:json\()?readEnvironmentVariable\('\w+', '(.*?)'\)", PARAMETERS))
    defaults = {
        name: one["defaultValue"] for name, one in compiled("main.bicep")["parameters"].items() if "defaultValue" in one
    }
    assert written.keys() <= defaults.keys()
    different = [
        name for name, text in written.items() if text != defaults[name] and json.loads(text or '""') != defaults[name]
    ]
    assert different == []


@needs_compiler
def test_what_has_to_be_given_must_not_be_empty() -> None:
    parameters = compiled("main.bicep")["parameters"]
    required = {name for name, one in parameters.items() if "defaultValue" not in one}
    assert required == {"environmentName", "factoryName", "dagStorageName", "routes"}
    assert [name for name in required if parameters[name].get("minLength", 0) < 1] == []


@needs_compiler
def test_a_route_has_the_keys_that_the_app_knows() -> None:
    route = compiled("main.bicep")["definitions"]["Route"]
    known = {*names_of(RouteSettings), *names_of(FabricRouteSettings)}
    assert route["additionalProperties"] is False
    assert route["properties"].keys() == known
    needed = {name for name, one in route["properties"].items() if not one.get("nullable")}
    assert needed == {"name", "folder"}
    for target, settings in (("data-factory", RouteSettings), ("fabric", FabricRouteSettings)):
        keys = compiled("main.bicep")["variables"]["keys"][target]
        required = {field.name for field in fields(settings) if field.default is MISSING}
        # RELAY_FACTORY is what the template makes.
        assert {*keys["needed"]} == required - {"name", "folder", "factory", "target"}
        assert {*keys["foreign"]} == known - {*names_of(settings)}


@needs_compiler
@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"linked_service": "dags"}, "with the target data-factory: missing: environment;"),
        ({"target": "fabric", "job": GUID, "deletes": "carry"}, "with the target fabric: missing: workspace;"),
        ({"target": "fabric", "job": GUID, "workspace": GUID, "overwrite": True}, "of the other target: overwrite."),
    ],
)
def test_a_route_without_a_key_of_its_target_is_refused_by_name(
    route: dict[str, Any], said: str, tmp_path: Path
) -> None:
    wrong = {"name": "sales", "folder": "one/sales"} | route
    told = not_evaluated(tmp_path, VARIABLES | {"ROUTES": json.dumps([A_ROUTE | {"name": "good"}, wrong])})
    assert "Route sales" in told
    assert said in told


@needs_compiler
def test_what_the_template_makes_cannot_be_an_extra_setting(one_route: Snapshot) -> None:
    made = one_route.properties("Microsoft.Web/sites/config", "appsettings").keys()
    refused = compiled("main.bicep")["definitions"]["ExtraSettings"]["properties"].keys()
    # A connection string would win over the group of settings that begin like it.
    assert refused == made | {"AzureWebJobsStorage", "DagStorage"}


@needs_compiler
def test_secrets_travel_secured_and_are_no_output() -> None:
    main = compiled("main.bicep")
    secure = {name for name, one in main["definitions"].items() if one["type"] in {"secureObject", "securestring"}}
    assert main["parameters"]["secretValues"]["$ref"].rpartition("/")[2] in secure
    assert not re.search("secret|key|password", json.dumps(main["outputs"]), re.IGNORECASE)
