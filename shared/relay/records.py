"""The history of a route: one record for each attempt to sync, newest first.

A record's id begins with the time counted backwards, so that the newest sort first, in the storage and everywhere else.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import StateConflict
from shared.folder.checks import Finding
from shared.relay.documents import Documents, overwrite
from shared.relay.state import Part
from shared.relay.summaries import Changes, Outcome, Summaries, SyncSummary, Uploads, cut

log = logging.getLogger(__name__)

# How many records one sweep reads to mend the summaries, a few seconds where there were no summaries before.
MENDED_AT_ONCE = 1000

# What an id looks like, as a pattern for the whole of it.
SYNC_ID = r"^[0-9]{14}-[0-9a-f]{8}$"

_FAR_FUTURE_MS = 10**14


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
    uploads: Uploads | None = None
    findings: tuple[Finding, ...] = ()
    calls: tuple[CallMade, ...] = Field(default=())
    code: str | None = None
    message: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether more is going to be known of this sync."""
        return self.outcome == "running"

    def summary(self) -> SyncSummary:
        """Return the record in short."""
        return SyncSummary(
            sync_id=self.sync_id,
            outcome=self.outcome,
            trigger=self.trigger,
            revision=self.revision,
            started_at=self.started_at,
            finished_at=self.finished_at,
            changes=self.changes and self.changes.in_short(),
            uploads=self.uploads,
            findings_count=len(self.findings),
            code=self.code,
            message=cut(self.message),
        )


def new_sync_id(now: datetime) -> str:
    """Return an id for a sync that begins now; ids of later syncs sort before it."""
    backwards = _FAR_FUTURE_MS - int(now.timestamp() * 1000)
    return f"{backwards:014d}-{uuid.uuid4().hex[:8]}"


class Records:
    """Writes, reads and prunes records, each with its summary."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._summaries = Summaries(documents)

    def write(self, record: SyncRecord) -> None:
        """Store a record, or what has become of it."""
        overwrite(self._documents, _name(record.route, record.sync_id), record.model_dump_json(indent=1).encode())
        self._note_summary(record)

    def read(self, route_name: str, sync_id: str) -> SyncRecord | None:
        """Return a record, or None where there is none or it is unreadable."""
        try:
            content = self._documents.read(_name(route_name, sync_id)).content or b""
            return SyncRecord.model_validate_json(content)
        except ValidationError:
            return None

    def summaries(self, route_name: str) -> list[SyncSummary]:
        """Return the history in short, newest first, in one request however long it is."""
        return list(self._summaries.read(route_name).values())

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
        """Delete what is beyond the newest `keep` records or older than `days`; return how many were deleted.

        Whatever is missing or wrong in the summaries is mended on this occasion.
        """
        # Read before the records are listed: a summary without a record then belongs to one that was deleted.
        seen = self._summaries.read(route_name)
        oldest = new_sync_id(self._now(route_name) - timedelta(days=days))
        ids = list(self.ids(route_name))
        kept = [sync_id for sync_id in ids[:keep] if sync_id <= oldest]
        doomed = ids[len(kept) :]
        for sync_id in doomed:
            self._documents.delete(_name(route_name, sync_id))
        self._mend(route_name, seen, kept)
        return len(doomed)

    def _mend(self, route_name: str, seen: Mapping[str, SyncSummary], kept: Sequence[str]) -> None:
        """Make the summaries those of the records that are kept; a sync that seems to run may have ended unseen."""
        doubtful = [sync_id for sync_id in kept if sync_id not in seen or seen[sync_id].outcome == "running"]
        records = (self.read(route_name, sync_id) for sync_id in doubtful[:MENDED_AT_ONCE])
        true = [record.summary() for record in records if record]
        differing = [summary for summary in true if summary != seen.get(summary.sync_id)]
        self._summaries.mend(route_name, seen, differing, gone=seen.keys() - set(kept))

    def _note_summary(self, record: SyncRecord) -> None:
        try:
            self._summaries.note(record.route, record.summary())
        except StateConflict as conflict:
            log.warning("sync %s is missing in the list until the next sweep: %s", record.sync_id, conflict)

    def _now(self, route_name: str) -> datetime:
        """Return the storage's time, which any answer of it carries."""
        return self._documents.read(_name(route_name, "now")).read_at


def _name(route_name: str, sync_id: str) -> str:
    return f"records/{route_name}/{sync_id}.json"
