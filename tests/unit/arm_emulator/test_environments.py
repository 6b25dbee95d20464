from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from local.arm.environments import CREATING, Course, Description, Environment
from local.arm.exchange import JsonObject

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
WEB_URL = "http://127.0.0.1:7072/_airflow/e/"


def described(airflow: JsonObject, **properties: JsonValue) -> Description:
    return Description.of(
        {"properties": {"type": "Airflow", "typeProperties": {"airflowProperties": airflow}, **properties}}
    )


def shown(description: Description) -> JsonObject:
    return Environment.new("e", description, Course(BEGAN, ("Started",))).properties(BEGAN, WEB_URL)


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, "Initial"), (0.49, "Initial"), (0.5, "Starting"), (1, "Started"), (9, "Started")]
)
def test_a_course_goes_one_state_per_step_and_stays_at_the_last(seconds: float, state: str) -> None:
    course = Course(BEGAN, CREATING, timedelta(seconds=0.5))
    assert course.at(BEGAN + timedelta(seconds=seconds)) == state


def test_a_course_without_steps_is_over_at_once() -> None:
    course = Course(BEGAN, CREATING)
    assert (course.at(BEGAN), course.ends) == ("Started", BEGAN)


def test_a_course_ends_when_its_last_state_is_reached() -> None:
    assert Course(BEGAN, CREATING, timedelta(seconds=2)).ends == BEGAN + timedelta(seconds=4)


@pytest.mark.parametrize("key", ["userName", "password", "Password"])
def test_the_login_is_not_shown(key: str) -> None:
    assert "hunter2" not in str(shown(described({key: "hunter2"})))


@pytest.mark.parametrize("key", ["credential", "Credential"])
def test_the_git_credential_is_not_shown_and_the_rest_of_git_is(key: str) -> None:
    text = str(shown(described({"gitSyncProperties": {key: "hunter2", "username": "octocat"}})))
    assert "hunter2" not in text
    assert "octocat" in text


def test_unknown_keys_are_kept_everywhere() -> None:
    properties = shown(described({"enableAutoscale": True}, description="mine"))
    assert properties["description"] == "mine"
    assert "'enableAutoscale': True" in str(properties)


def test_the_service_adds_its_own_keys_and_does_not_take_them_from_the_caller() -> None:
    text = str(shown(described({"airflowWebUrl": "https://example.invalid", "enableTriggerers": True})))
    assert WEB_URL in text
    assert "example.invalid" not in text
    assert "'enableTriggerers': True" in text
    assert "'packageProviderPath': 'plugins'" in text
    assert "'location': 'East US'" in text


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "type"),
        ({"properties": {"type": "Managed"}}, "type"),
        ({"properties": []}, "properties"),
        ({"properties": {"type": "Airflow", "typeProperties": "x"}}, "typeProperties"),
        ({"properties": {"type": "Airflow", "typeProperties": {"computeProperties": 1}}}, "computeProperties"),
    ],
)
def test_a_malformed_description_is_named(body: JsonObject, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Description.of(body)


def test_keys_that_decide_are_found_in_any_case() -> None:
    assert Description.of({"Properties": {"Type": "Airflow"}}).airflow == {}


def test_reading_a_description_leaves_the_body_alone() -> None:
    body: JsonObject = {"properties": {"type": "Airflow", "state": "x"}}
    Description.of(body)
    assert body == {"properties": {"type": "Airflow", "state": "x"}}
