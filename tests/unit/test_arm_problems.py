import json

import pytest

from shared.api.problem import problem_of
from shared.errors import NoToken, ServiceError, ServiceRefusal, ServiceUnavailable, UnexpectedAnswer


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (ServiceRefusal("m", code="c", status=404), 404, None),
        (ServiceRefusal("m", code="c", status=409), 409, None),
        (ServiceRefusal("m", code="c", status=412), 412, None),
        (ServiceRefusal("m", code="c", status=401), 502, None),
        (ServiceRefusal("m", code="c", status=403), 502, None),
        (ServiceRefusal("m", code="RequestDisallowedByPolicy", status=403), 403, None),
        (UnexpectedAnswer("m", code="UnexpectedAnswer", status=200), 502, None),
        (ServiceRefusal("m", code="c"), 502, None),
        (ServiceRefusal("m", code="c", status=499), 502, None),
        (ServiceUnavailable("m", code="c", status=429, retry_after_s=7.0), 503, "7"),
        (ServiceUnavailable("m", code="c"), 503, "1"),
        (NoToken("m", code="NoToken", retry_after_s=7.0), 502, None),
    ],
)
def test_what_arm_did_decides_what_the_caller_is_told(
    error: ServiceError, status: int, retry_after: str | None
) -> None:
    answer = problem_of(error).response()
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)


def test_arms_own_words_and_its_request_id_reach_the_caller() -> None:
    answer = problem_of(ServiceRefusal("It is gone.", code="Gone", status=410, request_id="id-1")).response()
    body = json.loads(answer.get_body())
    assert (body["code"], body["detail"], body["requestId"]) == ("Gone", "It is gone.", "id-1")
    assert answer.mimetype == "application/problem+json"
