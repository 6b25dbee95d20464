"""The history of a route: one record for each attempt to sync, and all of them in short in one document.

A record's id begins with the time counted backwards, so that the newest sort first, in the storage and everywhere else.
The summaries answer a page of history with one read; reading each record instead costs a request each. What a crash
leaves out of them, the next sweep adds.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import StateConflict
from shared.folder.checks import Finding
from shared.folder.manifest import Manifest
from shared.storage.documents import Document, Documents, StoredModel, update
from shared.sync.baseline import Diff
from shared.sync.state import AirflowSummary

log = logging.getLogger(__name__)

# What the names of the summaries' documents start with.
SUMMARIES = "summaries/"

_NAMES_SHOWN = 100
FINDINGS_KEPT = 100
NAMES_IN_SUMMARY = 3

_LONGEST_NAME = 200
_LONGEST_MESSAGE = 500

Outcome = Literal["succeeded", "accepted", "running", "held", "failed", "refused", "unchanged", "poison"]


class Names(StoredModel):
    """Some of many file names: how many there are, and the first of them."""

    count: int
    first: tuple[str, ...]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> "Names":
        """Return the first hundred and the count of all."""
        return cls(count=len(names), first=names[:_NAMES_SHOWN])

    def in_short(self) -> "Names":
        """Return the count and a few names, none of them long."""
        short = tuple(name for name in self.first if len(name) <= _LONGEST_NAME)
        return Names(count=self.count, first=short[:NAMES_IN_SUMMARY])


class Changes(StoredModel):
    """What a sync brings; what is `removed` here is kept by ADF, whose import does not delete."""

    added: Names
    changed: Names
    removed: Names

    @classmethod
    def of(cls, diff: Diff) -> "Changes":
        """Return a diff in the form that is stored."""
        return cls(added=Names.of(diff.added), changed=Names.of(diff.changed), removed=Names.of(diff.removed))

    def in_short(self) -> "Changes":
        """Return the counts and a few names of each kind."""
        return Changes(added=self.added.in_short(), changed=self.changed.in_short(), removed=self.removed.in_short())


class Uploads(StoredModel):
    """When the first and the last of the files that a sync brings were written."""

    first: datetime
    last: datetime

    @classmethod
    def of(cls, diff: Diff, manifest: Manifest) -> "Uploads | None":
        """Return the span of a diff's files; None where it only removes."""
        brought = frozenset((*diff.added, *diff.changed))
        written = [file.modified for file in manifest.files if file.name in brought]
        return cls(first=min(written), last=max(written)) if written else None


class SyncSummary(StoredModel):
    """One attempt to sync in short: its record without calls and findings, and with few names."""

    sync_id: str
    outcome: Outcome
    trigger: str
    revision: str | None = None
    started_at: datetime
    finished_at: datetime | None = None
    changes: Changes | None = None
    uploads: Uploads | None = None
    findings_count: int = 0
    code: str | None = None
    message: str | None = None
    import_errors: int | None = None


class _Summaries(StoredModel):
    """The stored document: summaries by id."""

    version: Literal[1] = 1
    syncs: dict[str, SyncSummary] = Field(default_factory=dict)


def _cut(message: str | None) -> str | None:
    """Return as much of a message as a summary holds."""
    return message and message[:_LONGEST_MESSAGE]


class Summaries:
    """Reads and changes the summaries of each route; any number of workers may write at once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route_name: str) -> dict[str, SyncSummary]:
        """Return the summaries by id, newest first; none where the document is missing or unreadable."""
        return _parse_summaries(self._documents.read(_summaries_name(route_name)))

    def note(self, route_name: str, summary: SyncSummary, *, amends: bool = False) -> None:
        """Add a summary, or replace what was known of this sync; one that only `amends` takes no end back.

        The record may have been amended once more since this summary was made of it.
        """

        def change(syncs: dict[str, SyncSummary]) -> dict[str, SyncSummary]:
            known = syncs.get(summary.sync_id)
            has_ended = amends and known is not None and known.outcome != "running" and summary.outcome == "running"
            return syncs if has_ended else syncs | {summary.sync_id: summary}

        self._update(route_name, change)

    def correct(
        self, route_name: str, seen: Mapping[str, SyncSummary], true: Iterable[SyncSummary], gone: Iterable[str]
    ) -> None:
        """Take over what records say and drop what is gone, except where another worker wrote since `seen` was read."""
        known = {summary.sync_id: summary for summary in true}
        dropped = frozenset(gone)
        if not known and not dropped:
            return

        def change(syncs: dict[str, SyncSummary]) -> dict[str, SyncSummary]:
            corrected = {id_: each for id_, each in known.items() if syncs.get(id_) == seen.get(id_)}
            return {id_: each for id_, each in (syncs | corrected).items() if id_ not in dropped}

        self._update(route_name, change)

    def _update(self, route_name: str, change: Callable[[dict[str, SyncSummary]], Mapping[str, SyncSummary]]) -> None:
        def changed(document: Document) -> tuple[bytes | None, None]:
            before = _parse_summaries(document)
            after = dict(sorted(change(before).items()))
            if after == before and document.content is not None:
                return None, None
            return _Summaries(syncs=after).model_dump_json(exclude_defaults=True).encode(), None

        name = _summaries_name(route_name)
        update(self._documents, name, changed, self._documents.recall(name))


def _parse_summaries(document: Document) -> dict[str, SyncSummary]:
    """Return the stored summaries; unreadable ones are as good as none, because the records are still there."""
    try:
        return _Summaries.model_validate_json(document.content or b"{}").syncs
    except ValidationError:
        return {}


def _summaries_name(route_name: str) -> str:
    return f"{SUMMARIES}{route_name}.json"


# A record is written right after its summary; after this time it does not follow any more.
RECORD_FOLLOWS = timedelta(minutes=10)

# How many records one sweep reads to correct the summaries, a few seconds where there were no summaries before.
CORRECTED_AT_ONCE = 1000

# What an id looks like, as a pattern for the whole of it.
SYNC_ID = r"^[0-9]{14}-[0-9a-f]{8}$"

_FAR_FUTURE_MS = 10**14


class CallMade(StoredModel):
    """One ARM call."""

    operation: str
    status: int | None
    request_id: str | None = None
    code: str | None = None


class SyncRecord(StoredModel):
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
    airflow: AirflowSummary | None = None

    @property
    def is_open(self) -> bool:
        """Whether more is going to be known of this sync."""
        return self.outcome == "running"

    def with_findings(self, findings: Iterable[Finding]) -> "SyncRecord":
        """Return the record with more findings, each once."""
        every = tuple(dict.fromkeys((*self.findings, *findings)))
        return self.model_copy(update={"findings": every[:FINDINGS_KEPT]})

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
            message=_cut(self.message),
            import_errors=self.airflow.errors if self.airflow else None,
        )


def new_sync_id(now: datetime) -> str:
    """Return an id for a sync that begins now; ids of later syncs sort before it."""
    backwards = _FAR_FUTURE_MS - int(now.timestamp() * 1000)
    return f"{backwards:014d}-{uuid.uuid4().hex[:8]}"


class History:
    """Writes, reads and prunes records, each with its summary."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._summaries = Summaries(documents)

    def write(self, record: SyncRecord) -> None:
        """Store a record, or its new version. The summary comes first: a record that can be read is in the list."""
        self._note_summary(record)
        self._documents.replace(_name(record.route, record.sync_id), _json(record))

    def amend(
        self, route_name: str, sync_id: str, change: Callable[[SyncRecord | None], SyncRecord | None]
    ) -> SyncRecord | None:
        """Change the latest version of a record, whatever other workers add to it meanwhile, and return it.

        `change` is given None where there is no record or it is unreadable, and may leave that so; it is pure.
        """

        def amended(document: Document) -> tuple[bytes | None, SyncRecord | None]:
            known = _parse_record(document)
            record = change(known)
            return (None if record is None or record == known else _json(record)), record

        record = update(self._documents, _name(route_name, sync_id), amended)
        if record:
            self._note_summary(record, amends=True)
        return record

    def read(self, route_name: str, sync_id: str) -> SyncRecord | None:
        """Return a record, or None where there is none or it is unreadable."""
        return _parse_record(self._documents.read(_name(route_name, sync_id)))

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

    def prune(self, route_name: str, *, keep: int, age: timedelta) -> int:
        """Delete what is beyond the newest `keep` records or older than `age`; return how many were deleted.

        Summaries that are missing or wrong are corrected on this occasion.
        """
        now = self._now(route_name)
        seen = self._summaries.read(route_name)
        oldest = new_sync_id(now - age)
        ids = list(self.ids(route_name))
        kept = [sync_id for sync_id in ids[:keep] if sync_id <= oldest]
        doomed = ids[len(kept) :]
        for sync_id in doomed:
            self._documents.delete(_name(route_name, sync_id))
        settled = new_sync_id(now - RECORD_FOLLOWS)
        self._correct(
            route_name, seen, kept, gone={id_ for id_ in seen.keys() - set(ids) if id_ > settled}.union(doomed)
        )
        return len(doomed)

    def _correct(
        self, route_name: str, seen: Mapping[str, SyncSummary], kept: Sequence[str], gone: Iterable[str]
    ) -> None:
        """Make the summaries those of the records that are kept; a sync that seems to run may have ended unseen."""
        doubtful = [sync_id for sync_id in kept if sync_id not in seen or seen[sync_id].outcome == "running"]
        records = (self.read(route_name, sync_id) for sync_id in doubtful[:CORRECTED_AT_ONCE])
        true = [record.summary() for record in records if record]
        differing = [summary for summary in true if summary != seen.get(summary.sync_id)]
        self._summaries.correct(route_name, seen, differing, gone)

    def _note_summary(self, record: SyncRecord, *, amends: bool = False) -> None:
        try:
            self._summaries.note(record.route, record.summary(), amends=amends)
        except StateConflict as conflict:
            log.warning("sync %s is missing in the list until the next sweep: %s", record.sync_id, conflict)

    def _now(self, route_name: str) -> datetime:
        """Return the storage's time, which any answer of it carries."""
        return self._documents.read(_name(route_name, "now")).read_at


def _parse_record(document: Document) -> SyncRecord | None:
    try:
        return SyncRecord.model_validate_json(document.content or b"")
    except ValidationError:
        return None


def _json(record: SyncRecord) -> bytes:
    return record.model_dump_json(indent=1).encode()


def _name(route_name: str, sync_id: str) -> str:
    return f"records/{route_name}/{sync_id}.json"
