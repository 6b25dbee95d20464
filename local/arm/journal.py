"""What was asked of ARM, in order of arrival."""

import json
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from local.arm.exchange import Call, JsonObject

_LEFT_OUT = {"authorization"}


def timestamp(moment: datetime) -> str:
    """Write a time in UTC as ISO 8601 with microseconds, so that texts sort as times do."""
    return moment.isoformat(timespec="microseconds")


@dataclass(slots=True)
class JournalEntry:
    """One request; `status` stays None while it is not answered, and where the connection was reset."""

    at: datetime
    call: Call
    status: int | None = None

    def as_json(self) -> JsonObject:
        """Return what `GET /_emulator/journal` shows."""
        return {
            "at": timestamp(self.at),
            "method": self.call.method,
            "path": self.call.path,
            "query": {**self.call.query, **self.call.repeated},
            "headers": {name: value for name, value in self.call.headers.items() if name not in _LEFT_OUT},
            "body": _readable(self.call.content),
            "status": self.status,
        }


def _readable(content: bytes | None) -> JsonValue:
    if not content:
        return None
    text = content.decode(errors="replace")
    try:
        body: JsonValue = json.loads(text)
        # A number beyond a float, or too many levels, would make the journal itself unreadable.
        json.dumps([[[body]]], allow_nan=False)
    except (ValueError, RecursionError):
        return text
    return body
