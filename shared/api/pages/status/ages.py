"""Times as people tell them."""

from datetime import datetime, timedelta

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def ago(time: datetime, now: datetime) -> str:
    """Return how long ago a time was, in its largest unit."""
    passed = now - time
    for name, unit in _UNITS:
        if passed >= unit:
            count = passed // unit
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
