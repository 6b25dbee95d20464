import pytest
from requests.structures import CaseInsensitiveDict

from shared.arm.factory import holds
from shared.rest.answers import RestAnswer


def answer(content: bytes = b"", **headers: str) -> RestAnswer:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return RestAnswer(200, named, content)


def test_ids_and_quota_are_kept() -> None:
    found = answer(
        x_ms_request_id="a-1",
        x_ms_correlation_request_id="b-2",
        X_Ms_Ratelimit_Remaining_Subscription_Writes="199",
        x_ms_ratelimit_remaining_resource="Microsoft.Compute/PutVM3Min;239",
    )
    assert (found.request_id, found.correlation_id) == ("a-1", "b-2")
    assert found.quota == {"subscription-writes": 199}


def test_the_correlation_id_stands_in_for_a_missing_request_id() -> None:
    assert answer(x_ms_correlation_request_id="b-2").request_id == "b-2"


@pytest.mark.parametrize("text", ["eyJ" + "a" * 500, "line\nbreak", "", "<script>"])
def test_what_does_not_look_like_an_id_is_none(text: str) -> None:
    assert answer(x_ms_request_id=text).request_id is None


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_none(content: bytes) -> None:
    assert answer(content).json() is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\uDE00\uD83D", "\ufffd\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
    ],
)
def test_half_of_a_surrogate_pair_is_read_as_a_character_that_stands_for_it(written: str, read: str) -> None:
    assert answer(f'{{"a": "{written}"}}'.encode()).json() == {"a": read}


def test_neither_body_nor_headers_are_shown() -> None:
    assert "secret" not in repr(answer(b"secret", etag="secret"))


SPEC = {
    "name": "sample-2",
    "properties": {
        "Type": "Airflow",
        "typeProperties": {
            "computeProperties": {"extraNodes": 0},
            "airflowProperties": {"airflowRequirements": ["a"], "userName": None, "password": "secret"},
        },
    },
}
SHOWN = {
    "name": "sample-2",
    "etag": "e",
    "properties": {
        "type": "Airflow",
        "state": "Initial",
        "typeProperties": {
            "computeProperties": {"extraNodes": 0, "location": "East US"},
            "airflowProperties": {"airflowRequirements": ["a"], "pythonVersion": "3.8"},
        },
    },
}


def test_a_resource_holds_a_spec_with_what_the_service_adds_and_without_its_secrets() -> None:
    assert holds(SHOWN, SPEC)


@pytest.mark.parametrize("shown", [None, [], {}, {**SHOWN, "name": "x"}, {**SHOWN, "properties": {"type": "Airflow"}}])
def test_a_resource_that_lacks_something_does_not(shown: object) -> None:
    assert not holds(shown, SPEC)


def test_lists_have_to_be_equal() -> None:
    assert not holds({"a": [1, 2]}, {"a": [1]})
