"""When a timer is due, by its NCRONTAB expression. Times are local ones, as in the host."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import CroniterBadDateError, croniter

# .NET's largest date stands for a time that never comes, like the 30th of February.
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of a timer: `next_after` returns the first one after a moment."""

    next_after: Callable[[datetime], datetime]

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Read a schedule; raise ValueError if it is none. Time spans, which the Flex plan does not have, are none."""
        # Not before the app is on the path: a deployed app brings its own.
        from shared.triggers.schedule import parse_ncrontab

        # Lists of values mean the same to both; what differs between NCRONTAB and croniter is resolved before.
        expression = " ".join(",".join(map(str, sorted(values))) for values in parse_ncrontab(text))
        return cls(lambda moment: _next(expression, moment))

    def is_shorter_than(self, span: timedelta, now: datetime) -> bool:
        """Tell whether the next two times are closer together than that."""
        first = self.next_after(now)
        return first < NEVER and self.next_after(first) - first < span


def _next(expression: str, moment: datetime) -> datetime:
    times = croniter(expression, moment, second_at_beginning=True, day_or=False, max_years_between_matches=100)
    try:
        return times.get_next(datetime)
    except CroniterBadDateError:
        return NEVER
