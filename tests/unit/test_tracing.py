import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telemetry.tracing import Trace, continuing, current, outgoing

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_a_call_goes_on_with_the_trace_under_a_span_of_its_own() -> None:
    with continuing(Trace.parse(PARENT, "vendor=1")):
        with outgoing("ARM airflow/sync", "POST") as first, outgoing("ARM airflow/sync", "POST") as second:
            headers = [step.headers for step in (first, second)]
        assert all(each["traceparent"].startswith(f"00-{TRACE}-") for each in headers)
        assert all(each["traceparent"].endswith("-01") for each in headers)
        assert [each["tracestate"] for each in headers] == ["vendor=1", "vendor=1"]
        spans = {each["traceparent"].split("-")[2] for each in headers}
        assert len(spans | {SPAN}) == 3
    assert current() is None


def test_without_a_trace_a_call_carries_none() -> None:
    with outgoing("ARM airflow/sync", "POST") as step:
        assert step.headers == {}


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "nonsense",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"{PARENT}-more",
        f"{PARENT}\n",
    ],
)
def test_a_parent_that_is_not_valid_begins_nothing(traceparent: str | None) -> None:
    assert Trace.parse(traceparent, "vendor=1") is None


def test_a_later_version_is_understood_as_far_as_its_four_parts_go() -> None:
    assert Trace.parse(f"01-{TRACE}-{SPAN}-01-more") == Trace(TRACE, SPAN, "01")
    assert Trace.parse(f"01-{TRACE}-{SPAN}-01") == Trace(TRACE, SPAN, "01")


@pytest.mark.parametrize("state", ["a=1\r\nX-Evil: yes", "ü=1", "x" * 513])
def test_a_state_that_is_no_header_is_left_out(state: str) -> None:
    assert Trace.parse(PARENT, state) == Trace(TRACE, SPAN, "01")


@given(st.text(), st.text())
def test_whatever_comes_in_what_goes_out_is_valid(parent: str, state: str) -> None:
    trace = Trace.parse(parent, state) or Trace.parse(PARENT, state)
    assert trace
    headers = trace.headers("c" * 16)
    assert Trace.parse(headers["traceparent"], headers.get("tracestate")) == Trace(
        trace.trace_id, "c" * 16, trace.flags, trace.state
    )
