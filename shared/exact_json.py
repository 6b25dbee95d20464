"""JSON whose numbers travel as they were written.

Python makes 1000.0 of `1e3`, 0 of `-0`, and cuts `0.12345678901234567890123`; what is only passed on should not change.
"""

import json
import math
import re
from secrets import token_hex
from typing import Any

# Python refuses to read integers of more than 4,300 digits.
_LONGEST_INTEGER = 4000


class Number:
    """A number that Python would write in another way; no dataclass, of which pydantic would make a JSON object."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Number({self.text!r})"

    def __str__(self) -> str:
        return self.text

    def __float__(self) -> float:
        return float(self.text)


def loads(content: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON; raise ValueError for anything else (also NaN, and numbers beyond a float), RecursionError if deep."""
    return json.loads(content, parse_int=_integer, parse_float=_fraction, parse_constant=_refused)


def dumps(value: object) -> str:
    """Write JSON in ASCII; raise ValueError, TypeError or RecursionError for what JSON cannot hold."""
    numbers: list[str] = []
    mark = token_hex(16)

    def placeholder(number: object) -> str:
        if not isinstance(number, Number):
            raise TypeError(f"expected a JSON value, not {type(number).__name__}")
        numbers.append(number.text)
        return f"{mark}{len(numbers) - 1}"

    text = json.dumps(value, allow_nan=False, default=placeholder)
    return re.sub(rf'"{mark}(\d+)"', lambda found: numbers[int(found[1])], text) if numbers else text


def _integer(text: str) -> int | Number:
    if len(text) > _LONGEST_INTEGER:
        return Number(text)
    number = int(text)
    return number if str(number) == text else Number(text)


def _fraction(text: str) -> float | Number:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number if repr(number) == text else Number(text)


def _refused(text: str) -> None:
    raise ValueError(f"expected a number that JSON has, not {text}")
