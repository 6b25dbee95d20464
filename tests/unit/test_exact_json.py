import json

import pytest
from hypothesis import given

from shared.exact_json import Number, dumps, loads
from tests.unit.any_json import anything


@pytest.mark.parametrize(
    "text", ["0.12345678901234567890123", "1e3", "-0", "1.50", "1E-2", "-0.0", "7", "0.5", "1" * 5000]
)
def test_a_number_is_written_as_it_was_read(text: str) -> None:
    assert dumps(loads(f'{{"a": [{text}, "{text}"]}}')) == f'{{"a": [{text}, "{text}"]}}'


def test_a_number_that_python_writes_alike_is_pythons_own() -> None:
    assert loads("[7, 0.5]") == [7, 0.5]
    assert loads("[1e3]") == [Number("1e3")]
    assert float(Number("1e3")) == 1000


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "[", "", "007"])
def test_what_json_cannot_hold_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        loads(text)


@pytest.mark.parametrize("value", [float("nan"), object(), {"a": {1}}])
def test_what_json_cannot_hold_is_not_written(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        dumps(value)


@given(anything)
def test_whatever_is_read_is_written_with_the_same_values(source: str) -> None:
    try:
        value = loads(source)
    except (ValueError, RecursionError):
        return
    assert json.loads(dumps(value)) == json.loads(source)
