"""NCRONTAB, the schedules of timer triggers: which expressions the Functions host takes, and what they mean.

Six fields, seconds first; five mean second 0. A field is a list of `*`, values and ranges, each with a step (`/5`) if
wanted. Months and weekdays may be English names or the beginning of one. A time has to match all fields: the day of
the month *and* the day of the week. The end of a range may be smaller than its begin: the two are swapped. A step of 0
or less counts as 1. Everything else is refused, what other crons know too: `?`, `L`, `W`, `#`, and 7 for Sunday.

Source: NCrontab.Signed 3.3.0, the parser of the timer extension; tried with the host in tests/conformance.
"""

import re
from dataclasses import dataclass

EXAMPLE = "0 */5 * * * *"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DIGITS = re.compile(r"[0-9]+")
_STEP = re.compile(r"[+-]?[0-9]+")


class ScheduleError(ValueError):
    """What is wrong with a schedule; the text names the field, its value and an example."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an expression: its values lie between `lowest` and `highest`, which may have names."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        """Return the values that a field's text stands for; raise ScheduleError for one that is not legal."""
        return frozenset().union(*(self._parse_element(each, text) for each in text.split(",")))

    def _parse_element(self, element: str, text: str) -> range:
        span, slash, step = element.partition("/")
        if slash and not _STEP.fullmatch(step):
            raise self._error(text)
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = self.lowest, self.highest
        elif dash:
            low, high = sorted((self._value(first, text), self._value(last, text)))
        else:
            low = self._value(first, text)
            high = self.highest if slash else low
        if not self.lowest <= low <= high <= self.highest:
            raise self._error(text)
        return range(low, high + 1, max(1, int(step or 1)))

    def _value(self, word: str, text: str) -> int:
        if _DIGITS.fullmatch(word):
            return int(word)
        for number, name in enumerate(self.names if word else ()):
            if name.lower().startswith(word.lower()):
                return self.lowest + number
        raise self._error(text)

    def _error(self, text: str) -> ScheduleError:
        names = f" or names like {self.names[0][:3].upper()}" if self.names else ""
        return ScheduleError(
            f"{self.name} {text!r}: expected *, or values from {self.lowest} to {self.highest}{names}, "
            f"ranges like {self.lowest}-{self.lowest + 2} and steps like */2, separated by commas; "
            f"a whole schedule is {EXAMPLE!r}"
        )


FIELDS = (
    Field("second", 0, 59),
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31),
    Field("month", 1, 12, _MONTHS),
    Field("day of week", 0, 6, _WEEKDAYS),
)


def parse_ncrontab(text: str) -> tuple[frozenset[int], ...]:
    """Return the values of second, minute, hour, day of month, month and day of week (0 is Sunday).

    Raises ScheduleError, a ValueError, for what the host refuses.
    """
    words = text.split()
    if len(words) == len(FIELDS) - 1:
        words = ["0", *words]
    if len(words) != len(FIELDS):
        raise ScheduleError(
            f"expected six fields (second, minute, hour, day of month, month, day of week) like {EXAMPLE!r}, "
            f"got {text!r}"
        )
    return tuple(field.parse(word) for field, word in zip(FIELDS, words, strict=True))
