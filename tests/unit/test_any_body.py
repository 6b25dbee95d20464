"""Any body at all, through everything that a PUT and a PATCH do with it before ARM is asked."""

import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adf.diff import changes
from shared.adf.names import EnvironmentId
from shared.adf.secrets import masked, masks_in, secrets_in
from shared.adf.spec import EnvironmentSpec, folded
from shared.adf.warnings import warnings_of
from shared.api.environments.patch import Patch
from shared.api.environments.put import Put, accepted
from shared.api.problem import Problem
from shared.api.request import json_object
from shared.api.response import LONGEST_BYTES, warnings_header
from shared.arm.clouds import resource_url
from shared.exact_json import dumps, loads
from shared.rest.answers import RestAnswer
from shared.rest.call import Request, RestCall
from tests.unit.any_json import CANARY, anything, specs
from tests.unit.memory import FACTORY

ENVIRONMENT = EnvironmentId(FACTORY, "made-here")
EXISTING = {"etag": "e", "properties": {"type": "Airflow", "typeProperties": {"airflowProperties": {"a": 1}}}}
Step = tuple[str, ...]


def request(content: bytes) -> func.HttpRequest:
    url = "https://app.example/api/environments/made-here"
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    return func.HttpRequest("PUT", url, headers=headers, body=content)


def put_of(content: bytes) -> Put | None:
    """Return the PUT that a body comes to, or None if it is refused, which has to be done by a documented answer."""
    asked = request(content)
    try:
        return Put.read(asked, {}, accepted(json_object(asked)), ENVIRONMENT)
    except Problem as problem:
        refusal = problem.response()
    assert refusal.status_code in {400, 413, 422}
    assert CANARY.encode() not in refusal.get_body()
    return None


def whole_way(put: Put) -> None:
    """Do what a handler does with a PUT; nothing may raise, and no secret may be seen."""
    warnings = warnings_of(put.spec, EXISTING, "East US")
    for there in (None, EXISTING, put.spec):
        plan = dumps(masked(put.plan(changes(there, put.spec), warnings).wire()))
        assert CANARY not in plan
        plan.encode("ascii")
    (told,) = warnings_header(warnings).values() or ("",)
    assert len(told.encode("ascii")) <= LONGEST_BYTES
    assert CANARY not in f"{told} {put!r} {dumps(masked(put.spec))}"
    sent = Request.of(RestCall("put", "PUT", resource_url(*ENVIRONMENT.segments), put.spec), 0.0).body
    assert sent is not None
    assert loads(sent) == put.spec


def leaves(value: Any, path: Step = ()) -> Iterator[tuple[Step, str]]:  # noqa: ANN401 - any JSON value
    """Yield every value that holds no other one, in order, with its path; as text, since 1 is not true nor 1.0.

    Keys are as Data Factory compares them.
    """
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from leaves(member, (*path, key))
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from leaves(item, (*path, str(place)))
    else:
        yield tuple(folded(key) for key in path), dumps(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_spec_or_refused(content: bytes) -> None:
    if (put := put_of(content)) is not None:
        whole_way(put)


@given(anything)
@example("[" * 100_000)
@example('{"a":' * 100_000)
@example('{"a":' * 64 + "1" + "}" * 64)
@example('{"name": "\\ud800"}')
def test_any_json_is_a_spec_or_refused(source: str) -> None:
    if (put := put_of(source.encode())) is not None:
        whole_way(put)


@given(specs())
def test_a_spec_that_is_accepted_travels_on_as_it_came(source: str) -> None:
    put = put_of(source.encode())
    if put is None:
        return
    whole_way(put)
    EnvironmentSpec.model_validate(put.spec)
    assert list(leaves(put.spec)) == list(leaves(loads(source)))


def test_the_specs_of_these_tests_are_mostly_accepted() -> None:
    accepted = []

    @given(specs())
    def count(source: str) -> None:
        accepted.append(put_of(source.encode()) is not None)

    count()
    assert sum(accepted) > len(accepted) / 3


@given(specs() | anything, specs() | anything)
def test_any_patch_of_anything_is_a_put_or_refused(source: str, there: str) -> None:
    try:
        shown = json.loads(there)
        patch = Patch.read(request(source.encode()), {})
    except (ValueError, Problem):
        return
    existing = shown if isinstance(shown, dict) else EXISTING
    try:
        put = patch.put(ENVIRONMENT, RestAnswer(200, {}, json.dumps(existing | {"etag": "e"}).encode()))
    except Problem as problem:
        refusal = problem.response().get_body()
    else:
        whole_way(put)
        return
    assert CANARY.encode() not in refusal


@given(specs())
def test_whatever_is_secret_is_found_masked_and_recognised(source: str) -> None:
    put = put_of(source.encode())
    if put is not None and CANARY in dumps(put.spec):
        assert any(CANARY in secret for secret in secrets_in(put.spec))
        assert list(masks_in(masked(put.spec)))


@pytest.mark.parametrize(
    "content", ['{"a": "ä"}'.encode("utf-16"), '{"a": "ä"}'.encode("latin-1"), b'{"a": "\xed\xa0\x80"}']
)
def test_json_is_utf_8(content: bytes) -> None:
    with pytest.raises(Problem, match="NotJson"):
        json_object(request(content))


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert json_object(request(b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}


def test_what_is_wrong_in_very_many_places_is_told_for_the_first_hundred() -> None:
    wrong = {
        "properties": {
            "type": "Airflow",
            "typeProperties": {"airflowProperties": {"airflowEnvironmentVariables": {str(n): 1 for n in range(5000)}}},
        }
    }
    asked = request(json.dumps(wrong).encode())
    with pytest.raises(Problem) as refused:
        Put.read(asked, {}, accepted(json_object(asked)), ENVIRONMENT)
    assert len(refused.value.errors) == 101
    assert refused.value.errors[100]["message"] == "4900 more"
