import pytest
from pydantic import JsonValue

from local.arm.exchange import Answer
from local.arm.faults import NO_FAULT, Fault, FaultScripts, Match, Script, scripts_from


def scripts(*bodies: JsonValue) -> FaultScripts:
    return FaultScripts(scripts_from(list(bodies)))


def test_the_first_script_that_fits_wins() -> None:
    faults = scripts({"match": {"method": "PUT"}, "answer": {"status": 500}}, {"answer": {"status": 503}})
    assert faults.take("GET", "/x").status == 503
    assert faults.take("PUT", "/x").status == 500


@pytest.mark.parametrize("path", ["/a/Airflow/Sync", "/a/airflow/sync/more"])
def test_paths_and_methods_compare_without_regard_to_case(path: str) -> None:
    faults = scripts({"match": {"method": "post", "path_contains": "AIRFLOW/sync"}, "answer": {"status": 500}})
    assert faults.take("POST", path).status == 500


def test_a_script_is_used_up_after_its_times() -> None:
    faults = scripts({"times": 2, "answer": {"status": 500}})
    assert [faults.take("GET", "/").status for _ in range(3)] == [500, 500, None]


def test_a_script_without_times_is_used_once_and_one_with_null_for_ever() -> None:
    faults = scripts({"answer": {"status": 500}}, {"times": None, "answer": {"status": 503}})
    assert [faults.take("GET", "/").status for _ in range(4)] == [500, 503, 503, 503]


def test_a_request_that_no_script_fits_has_no_fault() -> None:
    faults = scripts({"match": {"path_contains": "sync"}, "answer": {"status": 500}})
    assert faults.take("GET", "/other") is NO_FAULT


@pytest.mark.parametrize("answer", [{"delay_s": 1}, {"reset": "after"}, {"headers": {"a": "b"}}])
def test_without_status_and_body_the_emulator_answers_itself(answer: JsonValue) -> None:
    assert Fault.model_validate(answer).scripted() is None


def test_a_body_alone_is_a_scripted_200() -> None:
    scripted = Fault(body={"status": "Failed"}).scripted()
    assert scripted is not None
    assert (scripted.status, scripted.payload()) == (200, b'{"status": "Failed"}')


def test_a_scripted_header_replaces_the_usual_one_in_any_case() -> None:
    answer = Answer(headers={"Retry-After": "1", "Allow": "GET"}).with_headers({"retry-after": "9"})
    assert answer.headers == {"retry-after": "9", "Allow": "GET"}


def test_numbers_in_headers_are_taken_as_text() -> None:
    [script] = scripts_from({"answer": {"status": 429, "headers": {"Retry-After": 3}}})
    assert script.answer.headers == {"Retry-After": "3"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "answer"),
        ({"answer": {"status": 42}}, "answer.status"),
        ({"answer": {}, "tims": 1}, "tims"),
        ({"answer": {}, "times": 0}, "times"),
        ({"answer": {"reset": "maybe"}}, "answer.reset"),
        ({"answer": {"headers": {"a": "b\r\nc: d"}}}, "answer.headers.a"),
        ({"answer": {"headers": {"a\r\nc": "d"}}}, "answer.headers.a"),
        ({"answer": {"headers": {"a b": "d"}}}, "answer.headers.a b"),
        ({"answer": {"headers": {"": "d"}}}, "answer.headers."),
        ({"answer": None}, "answer"),
        ("text", "value"),
    ],
)
def test_a_malformed_script_is_named(body: JsonValue, named: str) -> None:
    with pytest.raises(ValueError, match=rf"the script cannot be used: {named}"):
        scripts_from(body)


def test_a_key_that_is_null_is_one_that_is_not_given() -> None:
    nothing: JsonValue = dict.fromkeys(Fault.model_fields)
    given = scripts_from(
        [{"match": None, "times": 1, "answer": nothing}, {"match": dict.fromkeys(Match.model_fields), "answer": {}}]
    )
    assert given == [Script(answer=Fault()), Script(answer=Fault())]
