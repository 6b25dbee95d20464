"""When a timer is due: NCRONTAB expressions and time spans.

NCRONTAB has six fields, seconds first; five fields mean second 0. Times are local ones, as in the host.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import CroniterBadCronError, croniter

from local.host.settings import time_span

_WITH_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of a timer: `next_after` returns the first one after a moment."""

    next_after: Callable[[datetime], datetime]

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read a schedule; raise ValueError if it is none."""
        fields = text.split()
        if len(fields) == 1:
            span = time_span(text)
            return cls(lambda moment: moment + span)
        expression = " ".join(fields if len(fields) == _WITH_SECONDS else ["0", *fields])
        try:
            croniter(expression, second_at_beginning=True)
        except CroniterBadCronError as error:
            raise ValueError(f"expected an NCRONTAB expression like '0 */5 * * * *', got {text!r}") from error
        return cls(lambda moment: _next(expression, moment))

    def is_shorter_than(self, span: timedelta, now: datetime) -> bool:
        """Tell whether the next two times are closer together than that."""
        first = self.next_after(now)
        return self.next_after(first) - first < span


def _next(expression: str, moment: datetime) -> datetime:
    return croniter(expression, moment, second_at_beginning=True).get_next(datetime)
