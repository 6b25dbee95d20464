from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adf.patch import merged, respelt

RFC_7396_APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
NAMES = st.sampled_from(["a", "b", "c"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)
OBJECTS = st.dictionaries(NAMES, JSON)


@pytest.mark.parametrize(("existing", "patch", "result"), RFC_7396_APPENDIX_A)
def test_every_example_of_the_standard_comes_out_as_it_says(existing: object, patch: object, result: object) -> None:
    assert merged(existing, patch) == result


@given(JSON, JSON)
def test_a_patch_applied_twice_is_applied_once(existing: object, patch: object) -> None:
    once = merged(existing, patch)
    assert merged(once, patch) == once


@given(JSON)
def test_an_empty_patch_of_an_object_changes_nothing(existing: object) -> None:
    assert merged(existing, {}) == (existing if isinstance(existing, dict) else {})


@given(OBJECTS, OBJECTS)
def test_what_is_there_and_the_patch_are_left_alone(existing: dict[str, object], patch: dict[str, object]) -> None:
    before = repr((existing, patch))
    merged(existing, patch)
    assert repr((existing, patch)) == before


@given(OBJECTS, OBJECTS)
def test_a_member_is_that_of_the_patch_where_it_names_it_and_else_stays(
    existing: dict[str, object], patch: dict[str, object]
) -> None:
    result = merged(existing, patch)
    for name in existing.keys() | patch.keys():
        if name not in patch:
            assert result[name] == existing[name]
        elif patch[name] is None:
            assert name not in result
        else:
            assert result[name] == merged(existing.get(name), patch[name])


def test_keys_are_spelt_as_in_what_is_there_where_they_differ_in_case_only() -> None:
    existing = {"properties": {"typeProperties": {"extraNodes": 1}}}
    patch = {"Properties": {"TYPEPROPERTIES": {"ExtraNodes": 2, "New": 3}}}
    assert respelt(patch, existing) == {"properties": {"typeProperties": {"extraNodes": 2, "New": 3}}}


def test_names_of_variables_that_differ_in_case_are_different_variables() -> None:
    patch = {"AirflowEnvironmentVariables": {"path": "/b"}}
    existing = {"airflowEnvironmentVariables": {"PATH": "/a"}}
    assert merged(existing, respelt(patch, existing)) == {"airflowEnvironmentVariables": {"PATH": "/a", "path": "/b"}}


@given(JSON, OBJECTS)
def test_a_patch_that_is_spelt_as_what_is_there_stays_as_it_is(patch: object, existing: dict[str, object]) -> None:
    assert respelt(patch, existing) == patch
