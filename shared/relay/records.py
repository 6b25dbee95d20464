"""The history of a route: one record for each attempt to sync, newest first.

A record's id begins with the time counted backwards, so that the storage lists the newest first and a page of history
is one request, however many records there are.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, ValidationError

from shared.folder.checks import Finding
from shared.relay.baseline import Diff
from shared.relay.documents import Documents, overwrite
from shared.relay.state import Part

NAMES_SHOWN = 100

_FAR_FUTURE_MS = 10**14

Outcome = Literal["succeeded", "accepted", "running", "held", "failed", "refused", "unchanged", "poison"]


class Names(Part):
    """Some of many file names: how many there are, and the first of them."""

    count: int
    first: tuple[str, ...]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> "Names":
        """Return the first hundred and the count of all."""
        return cls(count=len(names), first=names[:NAMES_SHOWN])


class Changes(Part):
    """What a sync brings; what is `removed` here is kept by ADF, whose import does not delete."""

    added: Names
    changed: Names
    removed: Names

    @classmethod
    def of(cls, diff: Diff) -> "Changes":
        """Return a diff in the form that is stored."""
        return cls(added=Names.of(diff.added), changed=Names.of(diff.changed), removed=Names.of(diff.removed))


class CallMade(Part):
    """One call of ARM."""

    operation: str
    status: int | None
    request_id: str | None = None
    code: str | None = None


class SyncRecord(Part):
    """One attempt to sync: why, what, how it went. Times are the storage service's."""

    version: Literal[1] = 1
    sync_id: str
    route: str
    outcome: Outcome
    trigger: str
    revision: str | None = None
    started_at: datetime
    finished_at: datetime | None = None
    changes: Changes | None = None
    findings: tuple[Finding, ...] = ()
    calls: tuple[CallMade, ...] = Field(default=())
    code: str | None = None
    message: str | None = None


def new_sync_id(now: datetime) -> str:
    """Return an id for a sync that begins now; ids of later syncs sort before it."""
    backwards = _FAR_FUTURE_MS - int(now.timestamp() * 1000)
    return f"{backwards:014d}-{uuid.uuid4().hex[:8]}"


class Records:
    """Writes, reads and prunes records."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def write(self, record: SyncRecord) -> None:
        """Store a record, or what has become of it."""
        overwrite(self._documents, _name(record.route, record.sync_id), record.model_dump_json(indent=1).encode())

    def read(self, route_name: str, sync_id: str) -> SyncRecord | None:
        """Return a record, or None where there is none or it is unreadable."""
        try:
            content = self._documents.read(_name(route_name, sync_id)).content or b""
            return SyncRecord.model_validate_json(content)
        except ValidationError:
            return None

    def ids(self, route_name: str) -> Iterator[str]:
        """Return the ids of a route's records, newest first."""
        prefix = _name(route_name, "").removesuffix(".json")
        return (name.removeprefix(prefix).removesuffix(".json") for name in self._documents.names(prefix))

    def note_poison(self, route_name: str) -> None:
        """Record that a wake-up failed so often that the queue gave it up."""
        now = self._now(route_name)
        self.write(
            SyncRecord(
                sync_id=new_sync_id(now), route=route_name, outcome="poison", trigger="PoisonMessage", started_at=now
            )
        )

    def prune(self, route_name: str, *, keep: int, days: float) -> int:
        """Delete what is beyond the newest `keep` records or older than `days`; return how many were deleted."""
        oldest = new_sync_id(self._now(route_name) - timedelta(days=days))
        doomed = [sync_id for place, sync_id in enumerate(self.ids(route_name)) if place >= keep or sync_id > oldest]
        for sync_id in doomed:
            self._documents.delete(_name(route_name, sync_id))
        return len(doomed)

    def _now(self, route_name: str) -> datetime:
        """Return the storage's time, which any answer of it carries."""
        return self._documents.read(_name(route_name, "now")).read_at


def _name(route_name: str, sync_id: str) -> str:
    return f"records/{route_name}/{sync_id}.json"
