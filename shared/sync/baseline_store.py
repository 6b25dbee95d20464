"""Where baselines are kept: a document for each route, which stays small however many files there are.

What a large folder holds is kept in a *base*, a document that never changes, and the route's own document has only what
differs from it. So a sync writes what it brings. Once that is too much, a new base takes the old one's place.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from shared.route import Route
from shared.storage.documents import Document, Documents, StoredModel, update
from shared.sync.baseline import Baseline, BytesRead, FileVersion
from shared.targets.port import NOTHING_DONE, Done

log = logging.getLogger(__name__)

# How many files a route's document may have of its own; each of them takes some 150 bytes.
MOST_CHANGES = 1000
# A base that nothing refers to is deleted only then: another worker may be about to refer to it.
_UNUSED_FOR = timedelta(hours=1)


class _StoredBase(StoredModel):
    contents: dict[str, FileVersion] = Field(default_factory=dict)


class _Stored(Baseline):
    """The route's document: `contents` are those that the base, if there is one, has not, or has otherwise."""

    base: str | None = None
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Base:
    """The files that a document does not repeat; without an id there are none."""

    id: str | None
    contents: dict[str, FileVersion]


_NO_BASE = _Base(None, {})


@dataclass(frozen=True, slots=True)
class LoadedBaseline:
    """A baseline, and the document that it was read from."""

    baseline: Baseline
    document: Document
    base: _Base


class Baselines:
    """Reads and writes the baselines of routes; `most_changes` is how many files a route's document may have."""

    def __init__(self, documents: Documents, most_changes: int = MOST_CHANGES) -> None:
        self._documents = documents
        self._most_changes = most_changes

    def load(self, route: Route) -> LoadedBaseline:
        """Return what was synced to the route's target; an unreadable baseline is as good as none."""
        return self._loaded(route, self._documents.read(_name(route)))

    def read(self, route: Route) -> Baseline:
        """Return what was synced to the route's target."""
        return self.load(route).baseline

    def read_staged(self, route: Route) -> Baseline:
        """Return the baseline of the sync that is being worked on; of one that ended long ago where none is."""
        return self._loaded(route, self._documents.read(_staged_name(route))).baseline

    def update(
        self, route: Route, change: Callable[[Baseline], Baseline], loaded: LoadedBaseline | None = None
    ) -> Baseline:
        """Change the route's baseline and return it; `loaded` saves reading it if it is the latest."""
        return self._update(route, _name(route), change, loaded)[1]

    def stage(self, route: Route, change: Callable[[Baseline], Baseline], loaded: LoadedBaseline | None = None) -> None:
        """Keep what the route's baseline will be once the sync that is being worked on is done.

        `loaded` saves parsing the baseline, and reading its base, if it still is the latest.
        """
        document = self._documents.read(_name(route))
        latest = loaded if loaded and loaded.document.etag == document.etag else self._loaded(route, document)
        self._documents.replace(_staged_name(route), self._stored(route, change(latest.baseline), latest.base))

    def confirm(self, route: Route, sync_id: str) -> tuple[dict[str, datetime], bool]:
        """Make the staged baseline the route's, because its sync is done, however many files the folder has.

        Return the files that are removed and still in Airflow, and whether what was staged is this sync's. A crash may
        have kept it from being staged: then the route's own baseline stays.
        """
        document = self._documents.read(_staged_name(route))
        staged = _parsed(document).for_target(route.target)
        if staged.sync_id != sync_id:
            return self.read(route).removed, False
        self._documents.replace(_name(route), document.content or b"{}")
        return staged.removed, True

    def claim(self, route: Route, worker: str, staged: Baseline) -> Baseline:
        """Return the baseline for a worker that is about to push; what earlier ones still write down comes too late."""
        return self.update(route, lambda before: before.claimed(worker, staged, deletes=route.deletes))

    def move(self, route: Route, worker: str, done: Done) -> bool:
        """Note what a look at a push has done, and return whether that is anything; raise StateConflict if too late."""
        before, after = self._update(route, _name(route), lambda before: before.of(worker).moved(done))
        return before.moved(NOTHING_DONE) != after

    def settle(self, route: Route, worker: str, sync_id: str) -> tuple[Baseline, bool]:
        """Return the baseline now that a push is over, and whether the target has what was staged and nothing else.

        A crash may have kept it from being staged: then nothing is known of it. Raises StateConflict as `move` does.
        """
        staged = self.read_staged(route)
        if staged.sync_id != sync_id:
            return self.read(route), False
        baseline = self.update(route, lambda before: before.of(worker).pushed(staged, deletes=route.deletes))
        return baseline, baseline.has_all_of(staged)

    def acknowledge_removed(self, route: Route) -> None:
        """Forget the removed files, also in the baseline of a sync that is being worked on."""
        known = self.read(route).removed
        self._update_both(route, lambda baseline: baseline.without_removed(known))

    def learn(self, route: Route, read: Mapping[str, BytesRead]) -> None:
        """Keep what was read of the synced files, and of those that a sync is bringing."""
        self._update_both(route, lambda baseline: baseline.learned(read))

    def _update_both(self, route: Route, change: Callable[[Baseline], Baseline]) -> None:
        self.update(route, change)
        self._update(route, _staged_name(route), change)

    def _update(
        self,
        route: Route,
        name: str,
        change: Callable[[Baseline], Baseline],
        loaded: LoadedBaseline | None = None,
    ) -> tuple[Baseline, Baseline]:
        """Change a baseline, and return what it was and what it is."""

        def changed(document: Document) -> tuple[bytes | None, tuple[Baseline, Baseline]]:
            latest = loaded if loaded and document is loaded.document else self._loaded(route, document)
            before, after = latest.baseline, change(latest.baseline)
            return None if after == before else self._stored(route, after, latest.base), (before, after)

        return update(self._documents, name, changed, loaded.document if loaded else None)

    def _loaded(self, route: Route, document: Document) -> LoadedBaseline:
        """Return the baseline of a document, an empty one where that is about another target."""
        stored = _parsed(document)
        base = self._base(route, stored.base)
        if base is None:
            log.warning(
                "what was synced of route %s is not known any more, so the next sync names too much", route.name
            )
            return LoadedBaseline(Baseline(), document, _NO_BASE)
        gone = frozenset(stored.gone)
        contents = {name: version for name, version in (base.contents | stored.contents).items() if name not in gone}
        baseline = Baseline(**(_fields(stored) | {"contents": contents}))
        return LoadedBaseline(baseline.for_target(route.target), document, base)

    def _base(self, route: Route, base_id: str | None) -> _Base | None:
        """Return a base, None if it is not there, or unreadable."""
        if base_id is None:
            return _NO_BASE
        try:
            content = self._documents.read(_base_name(route, base_id)).content or b""
            return _Base(base_id, _StoredBase.model_validate_json(content).contents)
        except ValidationError:
            return None

    def _stored(self, route: Route, baseline: Baseline, base: _Base) -> bytes:
        """Return a baseline as the changes of a base; of a new one, which is written, where these are too many."""
        changes = {
            name: version
            for name, version in baseline.contents.items()
            if not _is_same(base.contents.get(name), version)
        }
        gone = tuple(name for name in base.contents if name not in baseline.contents)
        if len(changes) + len(gone) > self._most_changes:
            base, changes, gone = self._new_base(route, baseline.contents), {}, ()
        stored = _Stored(**(_fields(baseline) | {"contents": changes}), base=base.id, gone=gone)
        return stored.model_dump_json(exclude_defaults=True).encode()

    def _new_base(self, route: Route, contents: dict[str, FileVersion]) -> _Base:
        self._drop_unused(route)
        base_id = uuid.uuid4().hex
        stored = _StoredBase(contents=contents)
        self._documents.replace(_base_name(route, base_id), stored.model_dump_json(exclude_defaults=True).encode())
        return _Base(base_id, contents)

    def _drop_unused(self, route: Route) -> None:
        """Delete the bases that nothing refers to any more."""
        own, staged = (self._documents.read(name) for name in (_name(route), _staged_name(route)))
        used = {_base_name(route, base) for base in (_parsed(own).base, _parsed(staged).base) if base}
        for name in list(self._documents.unchanged_since(_bases(route), own.read_at - _UNUSED_FOR)):
            if name not in used:
                self._documents.delete(name)


def _fields(baseline: Baseline) -> dict[str, Any]:
    return {name: getattr(baseline, name) for name in Baseline.model_fields}


def _is_same(one: FileVersion | None, other: FileVersion) -> bool:
    return one is other or one == other


def _parsed(document: Document) -> _Stored:
    try:
        return _Stored.model_validate_json(document.content or b"{}")
    except ValidationError:
        return _Stored()


def _name(route: Route) -> str:
    return f"baselines/{route.name}.json"


def _staged_name(route: Route) -> str:
    return f"baselines/{route.name}.staged.json"


def _bases(route: Route) -> str:
    return f"baselines/{route.name}/"


def _base_name(route: Route, base_id: str) -> str:
    return f"{_bases(route)}{base_id}.json"
