import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.api.problem import problem_of
from shared.errors import ErrorDetail, ServiceError
from shared.rest.answers import RestAnswer
from shared.rest.error_bodies import failure, read_error, sentence_of
from tests.unit.any_json import anything, objects


def read(body: object) -> ErrorDetail:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_error(RestAnswer(400, {}, content))


FLAT = {"code": "Inner", "message": "why", "target": "x"}
INNER = ErrorDetail("Inner", "why", "x")


@pytest.mark.parametrize("details", [[FLAT], [{"error": FLAT}]], ids=["flat", "nested"])
def test_code_message_target_and_details_are_found(details: object) -> None:
    body = {"error": {"code": "Outer", "message": "no", "target": "name", "details": details}}
    assert read(body) == ErrorDetail("Outer", "no", "name", (INNER,))


@pytest.mark.parametrize("details", [None, [], {}, "x", [None, 1, "x", {}]])
def test_details_that_tell_nothing_are_none(details: object) -> None:
    assert read({"error": {"code": "C", "message": "m", "details": details}}) == ErrorDetail("C", "m")


def test_inner_errors_and_additional_info_count_as_details() -> None:
    info = [{"type": "PolicyViolation", "info": {"policy": "p"}}, None, {"info": 1}]
    body = {"error": {"code": "C", "message": "m", "innererror": FLAT, "additionalInfo": info}}
    assert read(body).details == (INNER, ErrorDetail("PolicyViolation", '{"policy": "p"}'))


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": "C", "message": "m"}, "C", "m"),
        ({"Code": "C", "Message": "m"}, "C", "m"),
        ({"Message": "An error has occurred."}, "HTTP 400", "An error has occurred."),
        ({"error": {"code": 7, "message": ["a", "b"]}}, "7", '["a", "b"]'),
        ({"error": "invalid_token", "error_description": "expired"}, "invalid_token", "expired"),
        ({"error": {"code": "C", "message": "two\r\nlines"}}, "C", "two lines"),
    ],
)
def test_other_shapes_are_understood(body: object, code: str, message: str) -> None:
    assert (read(body).code, read(body).message) == (code, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "an empty answer"),
        (b"<html><style>b {}</style><h1>502</h1>\n Bad <b>Gateway</b></html>", "502 Bad Gateway"),
        (b'{"error": {"code": "Trunc', '{"error": {"code": "Trunc'),
        (b"\xff\xfe\xfa", "\ufffd\ufffd\ufffd"),
        (b"[]", "[]"),
        (b"null", "null"),
        (b'{"error": null}', '{"error": null}'),
        (b"[" * 100_000, "[" * 200),
    ],
    ids=["empty", "html", "truncated", "not utf-8", "list", "null", "null error", "too deep"],
)
def test_what_is_no_error_of_arm_is_shown_as_it_begins(body: bytes, message: str) -> None:
    assert read(body) == ErrorDetail("HTTP 400", message)


@pytest.mark.parametrize("number", ["1.50", "1e3", "-0"])
def test_numbers_in_an_error_are_told_as_they_were_written(number: str) -> None:
    info = f'{{"error": {{"code": "C", "message": "m", "additionalInfo": [{{"type": "T", "info": [{number}]}}]}}}}'
    assert read(info.encode()).details == (ErrorDetail("T", f"[{number}]"),)
    assert read(f'{{"code": {number}, "message": {number}}}'.encode()) == ErrorDetail(number, number)


def test_half_of_an_emoji_that_a_service_cut_leaves_an_error_that_can_be_told_and_stored() -> None:
    error = failure(RestAnswer(400, {}, rb'{"code": "C", "message": "no \ud83d\ude00 \\ud83d but \ud83d"}'))
    assert error.message == "no \U0001f600 \\ud83d but \ufffd"
    assert json.loads(problem_of(error).response().get_body())["detail"] == error.message


RESOURCE = {"name": "x", "properties": {"typeProperties": {"airflowEnvironmentVariables": {"PW": "canary"}}}}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (203, RESOURCE),
        (409, RESOURCE),
        (409, {"code": "C", "message": RESOURCE}),
        (409, {"error": {"code": "C", "message": "m", "additionalInfo": [{"type": "T", "info": RESOURCE}]}}),
    ],
    ids=["of a proxy", "instead of an error", "as message", "as information"],
)
def test_a_resource_that_is_told_of_has_no_secrets(status: int, body: object) -> None:
    told = str(failure(RestAnswer(status, {}, json.dumps(body).encode())))
    assert "PW" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "GitSyncFailed", "message": "cannot clone https://user:canary@git.example/r.git"}},
        {"error": {"code": "C", "message": "m", "details": [{"message": "https://canary@git.example/r.git"}]}},
        b"<p>502: no answer from https://user:canary@git.example/r.git</p>",
    ],
)
def test_the_login_in_a_url_is_not_told(body: object) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = str(failure(RestAnswer(409, {}, content)))
    assert "********@git.example" in told
    assert "canary" not in told


def test_a_bottomless_error_has_a_bottom() -> None:
    error: dict[str, object] = {"code": "C"}
    for _ in range(50):
        error = {"code": "C", "details": [error]}
    depth, found = 0, read({"error": error})
    while found.details:
        depth, found = depth + 1, found.details[0]
    assert depth == 5


def test_long_texts_are_cut() -> None:
    found = read({"error": {"code": "c" * 9999, "message": "m" * 9999, "details": [FLAT] * 99}})
    assert (len(found.code), len(found.message), len(found.details)) == (200, 2000, 20)


KEYS = st.sampled_from(
    ["error", "code", "message", "target", "details", "innererror", "additionalInfo", "type", "info"]
)
JSON = st.recursive(
    anything, lambda inner: objects(inner, KEYS) | st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
)


@given(JSON.map(lambda body: body.encode(errors="surrogatepass")) | st.binary(), st.integers(300, 599))
def test_any_body_becomes_one_of_our_errors_that_can_be_told(body: bytes, status: int) -> None:
    error = failure(RestAnswer(status, {}, body))
    assert isinstance(error, ServiceError)
    assert error.code
    assert error.status == status
    assert json.loads(problem_of(error).response().get_body())["detail"] == error.message


def sentence(body: object) -> str:
    return sentence_of(read(body))


def test_the_reason_that_a_message_refers_to_is_told_with_it() -> None:
    detail = {"code": "InvalidRequirement", "message": "apache-airflow cannot be pinned."}
    body = {"error": {"code": "BadRequest", "message": "The request is invalid. See details.", "details": [detail]}}
    told = "The request is invalid. See details. [InvalidRequirement: apache-airflow cannot be pinned.]"
    assert sentence(body) == told
    error = failure(RestAnswer(400, {}, json.dumps(body).encode()))
    assert (error.code, error.message) == ("BadRequest", told)


def test_a_policy_is_told_by_its_names() -> None:
    names = {"policyDefinitionDisplayName": "Allowed locations", "policyAssignmentDisplayName": "Production"}
    info = [{"type": "PolicyViolation", "info": names | {"policyAssignmentScope": "/subscriptions/x"}}]
    body = {"error": {"code": "RequestDisallowedByPolicy", "message": "Disallowed by policy.", "additionalInfo": info}}
    assert sentence(body) == "Disallowed by policy. [PolicyViolation: Allowed locations, Production]"


def test_what_was_said_already_is_not_said_again() -> None:
    again = {"code": "BadRequest", "message": "no such linked service"}
    body = {"error": {"code": "BadRequest", "message": "Failed: no such linked service", "details": [again, again]}}
    assert sentence(body) == "Failed: no such linked service"


def test_reasons_are_bounded() -> None:
    details = [{"code": f"C{n}", "message": f"{n} " + "x" * 900} for n in range(20)]
    assert len(sentence({"error": {"code": "C", "message": "m", "details": details}})) == 2000
