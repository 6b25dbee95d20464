"""The whole table: what failed, and what is done about it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from shared.errors import ServiceError, ServiceRefusal, ServiceUnavailable, Throttled
from shared.rest.answers import RestAnswer
from shared.rest.error_bodies import may_have_acted
from shared.rest.no_answer import NoAnswer, Reach
from shared.rest.retry import GiveUp, Retry, RetryPolicy, RetryWithFreshToken, Situation, WaitForQuota, retry_decision

FIRST = Situation(RetryPolicy(attempts=4), attempt=1, time_left_s=60, jitter=0.5, now=datetime(2026, 1, 1, tzinfo=UTC))


def answer(status: int, code: str = "Any", message: str = "words", **headers: str) -> RestAnswer:
    body = {"error": {"code": code, "message": message}}
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return RestAnswer(status, named, json.dumps(body).encode())


def situation(**changes: object) -> Situation:
    return replace(FIRST, **changes)  # type: ignore[arg-type]


def given_up(outcome: RestAnswer | NoAnswer, circumstances: Situation = FIRST) -> ServiceError:
    decision = retry_decision(outcome, circumstances)
    assert isinstance(decision, GiveUp)
    return decision.error


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_after_a_jittered_wait(status: int) -> None:
    assert retry_decision(answer(status), FIRST) == Retry(0.25)


@pytest.mark.parametrize("reach", [Reach.NOT_CONNECTED, Reach.NO_ANSWER])
def test_a_broken_connection_is_tried_again_whether_or_not_the_request_was_sent(reach: Reach) -> None:
    assert retry_decision(NoAnswer(reach, "reset"), FIRST) == Retry(0.25)


@pytest.mark.parametrize(
    "code",
    [
        "AnotherOperationInProgress",
        "RetryableError",
        "RetryableErrorDueToAnotherOperation",
        "ConflictingConcurrentWriteNotAllowed",
        "anotheroperationinprogress",
    ],
)
def test_a_conflict_that_says_that_it_passes_is_tried_again(code: str) -> None:
    assert retry_decision(answer(409, code), FIRST) == Retry(0.25)


def test_a_conflict_may_say_so_in_its_details() -> None:
    details = [{"error": {"code": "RetryableError", "message": "busy"}}]
    body = json.dumps({"error": {"code": "Conflict", "message": "no", "details": details}}).encode()
    assert retry_decision(RestAnswer(409, {}, body), FIRST) == Retry(0.25)


@pytest.mark.parametrize(
    "status", [301, 304, 307, 400, 403, 404, 405, 409, 410, 411, 412, 413, 415, 422, 451, 501, 505]
)
def test_everything_else_fails_at_once(status: int) -> None:
    error = given_up(answer(status, "Nope"))
    assert isinstance(error, ServiceRefusal)
    assert (error.status, error.code, error.message) == (status, "Nope", "words")


def test_what_cannot_be_sent_fails_at_once() -> None:
    error = given_up(NoAnswer(Reach.NOT_SENDABLE, "SSLCertVerificationError"))
    assert isinstance(error, ServiceRefusal)
    assert (error.status, error.code) == (None, "NotSendable")


def test_a_refused_token_is_replaced_once() -> None:
    refused = answer(401, WWW_Authenticate="Bearer claims=x")
    assert retry_decision(refused, FIRST) == RetryWithFreshToken("Bearer claims=x")
    assert isinstance(given_up(refused, situation(fresh_token=True)), ServiceRefusal)
    assert isinstance(given_up(refused, situation(attempt=4)), ServiceRefusal)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "7"},
        {"Retry_After": "Thu, 01 Jan 2026 00:00:07 GMT"},
        {"retry_after_ms": "7000"},
        {"x_ms_retry_after_ms": "7000"},
        {"Retry_After": "3", "retry_after_ms": "7000"},
    ],
)
def test_the_wait_that_arm_asks_for_is_the_floor_under_the_jitter(headers: dict[str, str]) -> None:
    assert retry_decision(answer(503, **headers), FIRST) == Retry(7.25)


def test_the_floor_may_be_in_the_message() -> None:
    throttled = answer(429, message="Number of 'read' requests exceeded. Please try again after '7' seconds.")
    assert retry_decision(throttled, FIRST) == WaitForQuota(7.25)


@pytest.mark.parametrize("circumstances", [situation(attempt=4), situation(budget_left=False)])
def test_a_429_is_waited_out_whatever_attempts_and_budget_are_left(circumstances: Situation) -> None:
    assert retry_decision(answer(429, Retry_After="7"), circumstances) == WaitForQuota(7.25)


def test_waits_for_the_quota_double_too() -> None:
    assert retry_decision(answer(429), situation(throttled=2, jitter=1.0)) == WaitForQuota(2.0)


def test_a_429_that_outlasts_the_call_is_handed_to_the_caller_as_that() -> None:
    error = given_up(answer(429, Retry_After="600"))
    assert isinstance(error, Throttled)
    assert error.retry_after_s == 600


def test_a_caller_may_refuse_to_wait_for_the_quota() -> None:
    impatient = situation(policy=RetryPolicy(attempts=2, waits_for_quota=False), budget_left=False)
    assert isinstance(given_up(answer(429, Retry_After="7"), impatient), Throttled)


@pytest.mark.parametrize(("attempt", "wait_s"), [(1, 0.5), (2, 1.0), (3, 2.0)])
def test_waits_double(attempt: int, wait_s: float) -> None:
    assert retry_decision(answer(503), situation(attempt=attempt, jitter=1.0)) == Retry(wait_s)


@pytest.mark.parametrize("outcome", [answer(502), answer(504), NoAnswer(Reach.NO_ANSWER, "reset")])
def test_after_an_attempt_that_may_have_been_carried_out_there_is_a_pause(outcome: RestAnswer | NoAnswer) -> None:
    assert retry_decision(outcome, situation(settle_s=5.0)) == Retry(5.25)


def test_after_an_attempt_that_was_not_carried_out_there_is_no_such_pause() -> None:
    assert retry_decision(NoAnswer(Reach.NOT_CONNECTED, ""), situation(settle_s=5.0)) == Retry(0.25)


def test_waits_stop_growing_at_the_cap() -> None:
    assert RetryPolicy().back_off.wait_s(1000, jitter=1.0) == 20


def test_the_last_attempt_is_the_last() -> None:
    error = given_up(answer(503), situation(attempt=4))
    assert isinstance(error, ServiceUnavailable)
    assert error.retry_after_s is None


def test_without_a_budget_there_is_no_retry_and_the_floor_is_still_told() -> None:
    error = given_up(answer(503, Retry_After="7"), situation(budget_left=False))
    assert isinstance(error, ServiceUnavailable)
    assert error.retry_after_s == 7


@pytest.mark.parametrize(("headers", "handed_over"), [({"Retry_After": "600"}, 600), ({}, 0.25)])
def test_a_wait_longer_than_the_time_left_is_handed_to_the_caller(headers: dict[str, str], handed_over: float) -> None:
    error = given_up(answer(503, **headers), situation(time_left_s=0.25))
    assert isinstance(error, ServiceUnavailable)
    assert error.retry_after_s == handed_over


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_after_a_failure_on_the_way_it_is_unknown_what_was_done(status: int) -> None:
    assert may_have_acted(answer(status))
    assert may_have_acted(NoAnswer(Reach.NO_ANSWER, ""))


@pytest.mark.parametrize("status", [400, 401, 409, 412, 429])
def test_a_clear_refusal_did_nothing(status: int) -> None:
    assert not may_have_acted(answer(status))
    assert not may_have_acted(NoAnswer(Reach.NOT_CONNECTED, ""))
