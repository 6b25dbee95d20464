import pytest

from shared.api.response import passed_on
from shared.rest.answers import RestAnswer


@pytest.mark.parametrize("value", ['W/"é"', "\u6570", "a\nb", "a\x7f"])
def test_a_header_of_arm_that_the_host_would_make_an_error_of_is_left_out(value: str) -> None:
    answer = passed_on(RestAnswer(200, {"ETag": value, "x-ms-request-id": "1"}, b"{}"))
    assert dict(answer.headers) == {"x-ms-request-id": "1"}
