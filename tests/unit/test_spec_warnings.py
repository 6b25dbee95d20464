import json
from typing import Any

import pytest

from shared.adf.secrets import looks_secret
from shared.adf.warnings import NOT_OVERRIDABLE, SpecWarning, is_pinned, requirements_in, warnings_of
from shared.api.response import HEADER, LONGEST_BYTES, warnings_header

AIRFLOW = "properties.typeProperties.airflowProperties."
CANARY = "canary-4711"


def spec(**airflow: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": airflow}}}


def found(body: dict[str, Any], existing: dict[str, Any] | None = None) -> dict[str, str]:
    return {each.path.removeprefix(AIRFLOW): each.message for each in warnings_of(body, existing)}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("environmentVariables", "airflowEnvironmentVariables"),
        ("airflowRequiredArguments", "airflowRequirements"),
        ("version", "airflowVersion"),
        ("Version", "airflowVersion"),
    ],
)
def test_a_misnamed_key_is_told_its_name(key: str, name: str) -> None:
    assert name in found(spec(**{key: CANARY}))[key]


def test_the_sample_of_the_seed_has_nothing_to_look_at_but_its_requirement() -> None:
    body = spec(
        airflowVersion="2.4.3",
        airflowEnvironmentVariables={"AIRFLOW__TEST__TEST": "test"},
        airflowRequirements=["apache-airflow-providers-microsoft-azure"],
        password=None,
    )
    assert found(body).keys() == {"airflowRequirements.0"}


@pytest.mark.parametrize("name", ["AIRFLOW__CORE__EXECUTOR", "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL"])
def test_a_setting_that_data_factory_keeps_for_itself_is_named(name: str) -> None:
    assert (
        "overridden" in found(spec(airflowEnvironmentVariables={name: CANARY}))[f"airflowEnvironmentVariables.{name}"]
    )


def test_the_settings_that_data_factory_keeps_are_those_of_its_page() -> None:
    assert len(NOT_OVERRIDABLE) == 30
    assert {
        "AIRFLOW__METRICS__STATSD_ON",
        "AIRFLOW__API__AUTH_BACKEND",
        "AIRFLOW__WEBSERVER__SECRET_KEY",
    } < NOT_OVERRIDABLE


@pytest.mark.parametrize(
    "name",
    [
        "AZURE_CLIENT_SECRET",
        "clientSecret",
        "API_KEY",
        "STORAGE_KEY1",
        "DB_PASSWORD",
        "GIT_TOKEN",
        "SECRET_VALUE",
        "AIRFLOW_CONN_POSTGRES",
        "AIRFLOW__WEBSERVER__SECRET_KEY",
        "AZURE_KEY_VAULT_CLIENT_SECRET",
    ],
)
def test_a_variable_whose_name_says_secret_looks_like_one(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW__SECRETS__BACKEND",
        "AIRFLOW__SECRETS__BACKEND_KWARGS",
        "KEY_VAULT_URL",
        "AZURE_KEY_VAULT",
        "TOKEN_TTL",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET",
        "SECRET_NAME",
        "AZURE_CLIENT_ID",
        "SAMPLE_ENV_NAME",
    ],
)
def test_a_variable_about_a_secret_does_not_look_like_one(name: str) -> None:
    assert not looks_secret(name)


def test_a_secret_is_named_and_never_repeated() -> None:
    body = spec(
        airflowEnvironmentVariables={"AZURE_CLIENT_SECRET": CANARY, "EMPTY_SECRET": ""},
        airflowRequirements=[f"{CANARY}"],
    )
    assert found(body).keys() == {"airflowEnvironmentVariables.AZURE_CLIENT_SECRET", "airflowRequirements.0"}
    assert CANARY not in repr(warnings_of(body))


@pytest.mark.parametrize(
    "requirement",
    [
        "a==1.0",
        "a == 1.0",
        "a[b]==1.0; python_version < '3.9'",
        "a>=1,==1.2",
        "a===1",
        "a @ https://h/a.whl",
        "git+https://h/r@v1#egg=a",
        "",
        "# text",
        "-r other.txt",
    ],
)
def test_what_installs_the_same_each_time_is_pinned(requirement: str) -> None:
    assert is_pinned(requirement)


@pytest.mark.parametrize(
    "requirement", ["a", "a>=1", "a==1.*", "a~=1.0", "a=0.7.1", "a; python_version == '3.8'", "a>=1,<2", "a # ==1"]
)
def test_what_may_install_something_else_tomorrow_is_not_pinned(requirement: str) -> None:
    assert not is_pinned(requirement)


@pytest.mark.parametrize("requirement", ["==a" * 300_000 + "*", "== " * 300_000, "==" + " " * 900_000 + "*"])
def test_a_long_requirement_takes_no_longer_than_it_is(requirement: str) -> None:
    assert not is_pinned(requirement)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (None, []),
        ("", [""]),
        (["a", " b==1 "], ["a", "b==1"]),
        ("a>=1, <2,b, c==1", ["a>=1, <2", "b", "c==1"]),
    ],
)
def test_requirements_are_read_as_a_list_and_as_a_text(value: list[str] | str | None, parts: list[str]) -> None:
    assert list(requirements_in(value)) == parts


@pytest.mark.parametrize(("there", "paths"), [("2.4.3", {"airflowVersion"}), ("2.6.3", set()), (None, set())])
def test_another_version_than_that_of_the_existing_environment_is_told(there: str | None, paths: set[str]) -> None:
    assert found(spec(airflowVersion="2.6.3"), spec(airflowVersion=there)).keys() == paths


def test_without_warnings_there_is_no_header() -> None:
    assert warnings_header(()) == {}


def test_the_header_is_a_json_list_in_ascii() -> None:
    header = warnings_header([SpecWarning("ä\r\nSet-Cookie: x", "m")])[HEADER]
    assert header.isascii()
    assert header.isprintable()
    assert json.loads(header) == [{"path": "ä\r\nSet-Cookie: x", "message": "m"}]


@pytest.mark.parametrize("length", [1, 500, 5000])
def test_a_header_that_would_be_too_long_says_how_many_are_left_out(length: int) -> None:
    warnings = [SpecWarning("ä" * length, "m")] * 20_000
    header = warnings_header(warnings)[HEADER]
    *shown, rest = json.loads(header)
    assert len(header) <= LONGEST_BYTES
    assert rest["message"] == f"{len(warnings) - len(shown)} more"
