"""What ARM itself decides: api-version, token, rate, path; and the headers of every answer."""

from collections.abc import Callable
from uuid import UUID

import pytest
from pydantic import JsonValue

from local.arm.exchange import Answer
from local.arm.identity import token
from local.arm.state import Emulator

Ask = Callable[..., Answer]


def code(answer: Answer) -> tuple[int, JsonValue]:
    assert isinstance(answer.body, dict)
    error = answer.body["error"]
    assert isinstance(error, dict)
    return answer.status, error["code"]


def message(answer: Answer) -> str:
    assert isinstance(answer.body, dict)
    error = answer.body["error"]
    assert isinstance(error, dict)
    return str(error["message"])


def bearer(audience: str, issued: int, expires: int) -> dict[str, str]:
    return {"authorization": f"Bearer {token(audience, 'test', issued, expires)}"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [({}, "MissingApiVersionParameter"), ({"api-version": "2017-09-01"}, "InvalidApiVersionParameter")],
)
def test_the_api_version_is_required_before_anything_else(
    ask: Ask, factory: str, query: dict[str, str], expected: str
) -> None:
    assert code(ask("GET", factory, query=query, headers={"authorization": ""})) == (400, expected)


@pytest.mark.parametrize("audience", ["https://management.azure.com/", "http://127.0.0.1:7072"])
def test_tokens_for_public_arm_and_for_the_emulator_are_taken(
    ask: Ask, factory: str, emulator: Emulator, audience: str
) -> None:
    now = int(emulator.clock().timestamp())
    assert ask("GET", factory, headers=bearer(audience, now, now + 60)).status == 200


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        ("Basic eA==", "AuthenticationFailed"),
        ("Bearer nonsense", "InvalidAuthenticationToken"),
        (f"Bearer {token('https://management.azure.com', 'x', 0, 9)[:-6]}AAAAAA", "InvalidAuthenticationToken"),
        (f"Bearer {token('https://graph.microsoft.com', 'x', 0, 9)}", "InvalidAuthenticationTokenAudience"),
        (f"Bearer {token('https://management.azure.com', 'x', 0, 9)}", "ExpiredAuthenticationToken"),
    ],
)
def test_a_token_that_arm_does_not_take_is_refused_with_a_challenge(
    ask: Ask, factory: str, authorization: str, expected: str
) -> None:
    answer = ask("GET", factory, headers={"authorization": authorization})
    assert code(answer) == (401, expected)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_an_expired_token_is_refused_in_the_documented_words(ask: Ask, factory: str) -> None:
    answer = ask("GET", factory, headers=bearer("https://management.azure.com", 0, 1503010481))
    assert message(answer) == (
        "The access token expiry UTC time '8/17/2017 10:54:41 PM' is earlier than current UTC time "
        "'1/1/2026 12:00:00 AM'."
    )


@pytest.mark.parametrize(
    ("find", "replace", "expected"),
    [
        ("12345678-1234-1234-1234-123456789012", "87654321-1234-1234-1234-123456789012", (404, "SubscriptionNotFound")),
        ("12345678-1234-1234-1234-123456789012", "mine", (400, "InvalidSubscriptionId")),
        ("example-rg", "other-rg", (404, "ResourceGroupNotFound")),
        ("example-rg", "ends.", (400, "BadRequest")),
        ("example-adf", "other-adf", (404, "ResourceNotFound")),
        ("example-adf", "a--b", (400, "BadRequest")),
        ("example-adf", "%2e%2e", (400, "BadRequest")),
        ("factories", "servers", (404, "InvalidResourceType")),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    ask: Ask, factory: str, find: str, replace: str, expected: tuple[int, str]
) -> None:
    assert code(ask("GET", factory.replace(find, replace))) == expected


def test_paths_compare_without_regard_to_case(ask: Ask, factory: str) -> None:
    assert ask("GET", factory.upper()).status == 200


def test_a_method_that_a_path_does_not_take_is_named(ask: Ask, factory: str) -> None:
    answer = ask("PATCH", f"{factory}/integrationRuntimes/sample-2")
    assert code(answer) == (405, "MethodNotAllowed")
    assert answer.headers["Allow"] == "DELETE, GET, PUT"


def test_too_many_writes_are_throttled_until_the_bucket_fills(
    ask: Ask, factory: str, advance: Callable[[float], None]
) -> None:
    status = f"{factory}/integrationRuntimes/sample-2/getStatus"
    assert [ask("POST", status).status for _ in range(200)] == [200] * 200
    answer = ask("POST", status)
    assert code(answer) == (429, "SubscriptionRequestsThrottled")
    assert (answer.headers["Retry-After"], "after '1' seconds" in message(answer)) == ("1", True)
    assert ask("GET", factory).status == 200
    advance(1)
    assert ask("POST", status).status == 200


def test_nothing_is_throttled_when_the_setting_is_off(ask: Ask, factory: str, emulator: Emulator) -> None:
    emulator.settings = emulator.settings.changed({"throttle": False})
    assert {ask("GET", factory).status for _ in range(260)} == {200}


def test_a_reset_fills_the_buckets(ask: Ask, factory: str, emulator: Emulator) -> None:
    for _ in range(250):
        ask("GET", factory)
    assert ask("GET", factory).status == 429
    emulator.reset()
    assert ask("GET", factory).status == 200


@pytest.mark.parametrize(
    ("method", "header"),
    [
        ("GET", "x-ms-ratelimit-remaining-subscription-reads"),
        ("PUT", "x-ms-ratelimit-remaining-subscription-writes"),
        ("DELETE", "x-ms-ratelimit-remaining-subscription-deletes"),
    ],
)
def test_an_answer_says_how_many_requests_of_its_kind_are_left(
    ask: Ask, factory: str, method: str, header: str
) -> None:
    before, after = (int(ask(method, factory).headers[header]) for _ in range(2))
    assert before - after == 1


def test_an_answer_carries_one_new_request_id_under_two_names(ask: Ask, factory: str) -> None:
    first, second = (ask("GET", factory).headers for _ in range(2))
    assert UUID(first["x-ms-request-id"]) != UUID(second["x-ms-request-id"])
    assert first["x-ms-request-id"] == first["x-ms-correlation-request-id"]
    assert first["x-ms-routing-request-id"].startswith("EMULATOR:20260101T000000Z:")


def test_the_callers_request_id_is_returned_on_request_only(ask: Ask, factory: str) -> None:
    own = {"x-ms-client-request-id": "0f0f0f0f-0000-0000-0000-000000000000"}
    assert "x-ms-client-request-id" not in ask("GET", factory, headers=own).headers
    returned = ask("GET", factory, headers=own | {"x-ms-return-client-request-id": "true"}).headers
    assert returned["x-ms-client-request-id"] == own["x-ms-client-request-id"]


def test_a_fault_of_the_emulator_is_a_500_in_arms_form(ask: Ask, factory: str, emulator: Emulator) -> None:
    emulator.environments["sample-2"] = object()  # type: ignore[assignment]
    assert code(ask("GET", f"{factory}/integrationRuntimes/sample-2")) == (500, "InternalServerError")
