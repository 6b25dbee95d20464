"""The API document: it is whole, it is valid, and it says what the code does."""

import json
import re
import tomllib
from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import azure.functions as func
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator

from local.app_settings import ROOT
from shared.adf.sync_request import SyncRequest
from shared.api.endpoints import ENDPOINTS
from shared.api.openapi.document import OPERATIONS, VERSION, ApiDocument, document

HEALTH = next(endpoint for endpoint in ENDPOINTS if endpoint.name == "health")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    answer = ApiDocument(ENDPOINTS).show(func.HttpRequest("GET", "/api/openapi.json", body=b""))
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for methods in described["paths"].values() for each in methods.values()}


def test_the_document_is_valid_openapi_3_1(described: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(described).validate()


def test_every_endpoint_is_described_and_nothing_else_is(described: dict[str, Any]) -> None:
    assert OPERATIONS.keys() == {endpoint.name for endpoint in ENDPOINTS}
    assert operations(described).keys() == OPERATIONS.keys()


def test_an_endpoint_or_a_part_of_its_path_without_a_description_is_an_error() -> None:
    for endpoint in (replace(HEALTH, name="unheard-of"), replace(HEALTH, path="health/{unheardOf}")):
        with pytest.raises(KeyError, match=r"unheard"):
            document([endpoint], OPERATIONS)


def test_a_part_that_takes_the_rest_of_a_path_is_a_part_like_any_other() -> None:
    paths = document([replace(HEALTH, path="things/{*name}")], OPERATIONS)["paths"]
    assert [each["name"] for each in paths["/api/things/{name}"]["get"]["parameters"]] == ["name"]


def test_all_but_health_ask_for_a_key_and_say_what_a_wrong_one_meets(described: dict[str, Any]) -> None:
    for name, operation in operations(described).items():
        assert operation["security"][:2] == (
            [] if name == "health" else [{"functionKey": []}, {"functionKeyInQuery": []}]
        )
        assert all(choice.keys() & {"functionKey", "functionKeyInQuery"} for choice in operation["security"])
        assert ("401" in operation["responses"]) == (name != "health")


def test_the_operations_that_check_signatures_are_those_that_say_so(described: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        relay = MagicMock()
        endpoint.handler(relay)
        styles = ["standardWebhooks", "gitHubSignature"] if relay.signed.called else []
        if relay.signed.called and not relay.signed.call_args.kwargs.get("body_says_all", True):
            styles.remove("gitHubSignature")
        security = operations(described)[endpoint.name]["security"]
        said = {scheme for choice in security for scheme in choice} - {"functionKey", "functionKeyInQuery"}
        assert said == set(styles), endpoint.name


def test_a_refusal_is_always_a_problem(described: dict[str, Any]) -> None:
    refusals = [
        {media_type: content["schema"] for media_type, content in answer["content"].items()}
        for name, operation in operations(described).items()
        for status, answer in operation["responses"].items()
        if status >= "400" and "content" in answer and name not in {"ready", "status_page"}
    ]
    assert len(refusals) > len(ENDPOINTS)
    problems = [
        {"application/problem+json": {"$ref": f"#/components/schemas/{shape}"}}
        for shape in ("ProblemDetails", "ArmProblem")
    ]
    assert [content for content in refusals if content not in problems] == []


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert "EnvironmentSpec" in names
    assert names <= described["components"]["schemas"].keys()


def test_every_json_body_has_an_example_that_fits_its_schema(described: dict[str, Any]) -> None:
    components = {"components": described["components"]}
    for name, operation in operations(described).items():
        taken = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*taken, *operation["responses"].values()]:
            for media_type, content in body.get("content", {}).items():
                if "json" in media_type:
                    Draft202012Validator({**content["schema"], **components}).validate(content["example"])
                    assert content["example"], name


def test_the_exchanges_of_microsofts_page_are_among_the_examples(described: dict[str, Any]) -> None:
    put = operations(described)["put_environment"]
    sent = put["requestBody"]["content"]["application/json"]["example"]
    assert sent["properties"]["typeProperties"]["airflowProperties"]["airflowEnvironmentVariables"] == {
        "AIRFLOW__TEST__TEST": "test"
    }
    shown = put["responses"]["200"]["content"]["application/json"]["example"]
    assert (shown["properties"]["state"], shown["etag"]) == ("Initial", "3402279e-0000-0100-0000-64ecb1cb0000")
    plan = operations(described)["sync_route"]["responses"]["200"]["content"]["application/json"]["example"]
    body = plan["request"]["body"]
    request = SyncRequest(
        integration_runtime_name="sample-2",
        linked_service_name="AzureBlobStorage1",
        storage_folder_path=body["StorageFolderPath"],
    )
    assert body == request.wire()


def test_a_key_that_may_be_left_out_has_no_default_since_generators_would_require_it(
    described: dict[str, Any],
) -> None:
    found = [
        (name, key)
        for name, schema in described["components"]["schemas"].items()
        for key, member in schema.get("properties", {}).items()
        if "default" in member and member["default"] is None
    ]
    assert found == []


def test_arms_paths_come_last(described: dict[str, Any]) -> None:
    assert described["tags"][-1]["name"] == "arm"
    tags = [each["tags"][0] for methods in described["paths"].values() for each in methods.values()]
    assert "arm" not in tags[: tags.index("arm")]
    assert set(tags[tags.index("arm") :]) == {"arm"}


def test_a_spec_is_described_as_it_is_taken(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert schemas["EnvironmentSpec"]["required"] == ["properties"]
    assert schemas["AirflowProperties"]["additionalProperties"] is True
    number = {"type": "integer", "minimum": 0}
    text = {"type": "string", "pattern": "^[0-9]{1,18}$"}
    assert schemas["ComputeProperties"]["properties"]["extraNodes"]["anyOf"] == [number, text, {"type": "null"}]
    service = schemas["GitSyncProperties"]["properties"]["gitServiceType"]
    assert re.search(service["pattern"], "Github")
    assert not re.search(service["pattern"], "Gitea")


def test_the_version_is_the_apps() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
