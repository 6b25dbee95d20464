"""The history of a route in short: what a page of it shows, kept in one document so that one read answers it.

A record is the truth and is written first; its summary follows. What a crash in between leaves out, the next sweep
mends. Reading each record instead costs a request each: seconds for a thousand of them.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, ValidationError

from shared.errors import StateConflict
from shared.folder.manifest import Manifest
from shared.relay.baseline import Diff
from shared.relay.documents import Document, Documents
from shared.relay.state import Part

NAMES_SHOWN = 100
NAMES_IN_SUMMARY = 3

_TRIES = 10
_LONGEST_NAME = 200
_LONGEST_MESSAGE = 500

Outcome = Literal["succeeded", "accepted", "running", "held", "failed", "refused", "unchanged", "poison"]


class Names(Part):
    """Some of many file names: how many there are, and the first of them."""

    count: int
    first: tuple[str, ...]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> "Names":
        """Return the first hundred and the count of all."""
        return cls(count=len(names), first=names[:NAMES_SHOWN])

    def in_short(self) -> "Names":
        """Return the count and a few names, none of them long."""
        short = tuple(name for name in self.first if len(name) <= _LONGEST_NAME)
        return Names(count=self.count, first=short[:NAMES_IN_SUMMARY])


class Changes(Part):
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


class Uploads(Part):
    """When the first and the last of the files that a sync brings were written."""

    first: datetime
    last: datetime

    @classmethod
    def of(cls, diff: Diff, manifest: Manifest) -> "Uploads | None":
        """Return the span of a diff's files; None where it only removes."""
        brought = frozenset((*diff.added, *diff.changed))
        written = [file.modified for file in manifest.files if file.name in brought]
        return cls(first=min(written), last=max(written)) if written else None


class SyncSummary(Part):
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


class _Summaries(Part):
    """The stored document: summaries by id."""

    version: Literal[1] = 1
    syncs: dict[str, SyncSummary] = Field(default_factory=dict)


Change = Callable[[dict[str, SyncSummary]], Mapping[str, SyncSummary]]


def cut(message: str | None) -> str | None:
    """Return as much of a message as a summary holds."""
    return message and message[:_LONGEST_MESSAGE]


class Summaries:
    """Reads and changes the summaries of each route; any number of workers may write at once."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route_name: str) -> dict[str, SyncSummary]:
        """Return the summaries by id, newest first; none where the document is missing or unreadable."""
        return _parse(self._documents.read(_name(route_name)))

    def note(self, route_name: str, summary: SyncSummary) -> None:
        """Add a summary, or replace what was known of this sync."""
        self._update(route_name, lambda syncs: syncs | {summary.sync_id: summary})

    def mend(
        self, route_name: str, seen: Mapping[str, SyncSummary], true: Iterable[SyncSummary], gone: Iterable[str]
    ) -> None:
        """Take over what records say and drop what is gone, except where somebody was here since `seen` was read."""
        correct = {summary.sync_id: summary for summary in true}
        dropped = frozenset(gone)
        if not correct and not dropped:
            return

        def change(syncs: dict[str, SyncSummary]) -> dict[str, SyncSummary]:
            mended = {id_: each for id_, each in correct.items() if syncs.get(id_) == seen.get(id_)}
            return {id_: each for id_, each in (syncs | mended).items() if id_ not in dropped}

        self._update(route_name, change)

    def _update(self, route_name: str, change: Change) -> None:
        for _ in range(_TRIES):
            document = self._documents.read(_name(route_name))
            before = _parse(document)
            after = dict(sorted(change(before).items()))
            content = _Summaries(syncs=after).model_dump_json(exclude_defaults=True).encode()
            try:
                if after != before or document.content is None:
                    self._documents.write(_name(route_name), content, document.etag)
            except StateConflict:
                continue
            return
        raise StateConflict(f"the summaries of route {route_name} changed {_TRIES} times while they were to be written")


def _parse(document: Document) -> dict[str, SyncSummary]:
    """Return the stored summaries; unreadable ones are as good as none, because the records are still there."""
    try:
        return _Summaries.model_validate_json(document.content or b"{}").syncs
    except ValidationError:
        return {}


def _name(route_name: str) -> str:
    return f"summaries/{route_name}.json"
