"""The files that were synced last, so that the next sync can say what it brings.

Kept apart from the state, which stays small however many files there are.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field, ValidationError

from shared.folder.manifest import Manifest
from shared.route import Route
from shared.storage.documents import Documents, StoredModel, overwrite
from shared.targets.port import UNCLEAR, Done


@dataclass(frozen=True, slots=True)
class Diff:
    """What a manifest has that the baseline has not, by name."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


class Origin(StoredModel):
    """The sync that brought the present version of some files, and when it listed them."""

    sync_id: str
    at: datetime
    names: tuple[str, ...]

    def only(self, names: Container[str]) -> "Origin":
        """Return the origin of those of its files that are among `names`."""
        return self.model_copy(update={"names": tuple(name for name in self.names if name in names)})


class NotSent(StoredModel):
    """A version of a file that the target cannot take, and why."""

    content: str
    sentence: str


class Baseline(StoredModel):
    """What was synced last, name -> content; `removed` are files gone from here and still in Airflow, since when.

    `origins` tells which sync brought which file; a file of a baseline from before there were origins has none.
    `not_sent` and `foreign`, paths that the target holds and the relay did not send, are known only of a target that
    the files are sent to one by one.
    """

    contents: dict[str, str] = Field(default_factory=dict)
    removed: dict[str, datetime] = Field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    not_sent: dict[str, NotSent] = Field(default_factory=dict)
    foreign: tuple[str, ...] = ()

    @property
    def dealt_with(self) -> dict[str, str]:
        """Every file that there is nothing more to do about, name -> content: taken, or known not to be sendable."""
        return self.contents | {name: version.content for name, version in self.not_sent.items()}

    def diff(self, manifest: Manifest) -> Diff:
        """Return what changed from the baseline to the manifest."""
        now, known = {file.name: file.content for file in manifest.files}, self.dealt_with
        return Diff(
            added=tuple(name for name in now if name not in known),
            changed=tuple(name for name in now if known.get(name, now[name]) != now[name]),
            removed=tuple(sorted(self.contents.keys() - now.keys())),
        )

    def after(self, manifest: Manifest, sync_id: str) -> "Baseline":
        """Return the baseline once the manifest has been synced: what it lacks stays listed until it is back."""
        contents = {file.name: file.content for file in manifest.files}
        diff = self.diff(manifest)
        gone = self.removed | dict.fromkeys(diff.removed, manifest.listed_at)
        return Baseline(
            contents=contents,
            removed={name: since for name, since in gone.items() if name not in contents},
            origins=self._origins_after(diff, Origin(sync_id=sync_id, at=manifest.listed_at, names=())),
        )

    def begun(self, staged: "Baseline", *, deletes: bool) -> "Baseline":
        """Return the baseline before a push of `staged`: nothing is certain of what it may change, whatever happens.

        So a file that a crashed worker sent is sent again, or deleted, also where the folder has gone back meanwhile.
        """
        touched = {name for name, content in staged.contents.items() if self.contents.get(name) != content}
        if deletes:
            touched |= self.contents.keys() - staged.contents.keys()
        unclear = {name: _unclear(self.contents.get(name, "")) for name in touched}
        return self.model_copy(update={"contents": self.contents | unclear})

    def moved(self, done: Done) -> "Baseline":
        """Return the baseline once some of the files have arrived, or are gone, at a target that takes them singly."""
        contents = {
            name: content for name, content in (self.contents | dict(done.put)).items() if name not in done.gone
        }
        fresh = {
            name: NotSent(content=version.content, sentence=version.sentence)
            for name, version in done.not_sendable.items()
        }
        not_sent = {name: version for name, version in (self.not_sent | fresh).items() if name not in done.put}
        kept = (path for path in self.foreign if path.rpartition("/")[0] not in done.foreign)
        foreign = {*kept, *(path for paths in done.foreign.values() for path in paths)}
        update = {"contents": contents, "not_sent": not_sent, "foreign": tuple(sorted(foreign)[:FOREIGN_KEPT])}
        return self.model_copy(update=update)

    def settled(self, staged: "Baseline", *, deletes: bool) -> "Baseline":
        """Return what is left once a push of `staged` is over: where it deletes, nothing stays that was removed."""
        wanted = staged.contents.keys()
        return self.model_copy(
            update={
                "contents": {name: content for name, content in self.contents.items() if deletes or name in wanted},
                "removed": {} if deletes else staged.removed,
                "origins": tuple(origin.only(self.contents) for origin in staged.origins),
                "not_sent": {name: version for name, version in self.not_sent.items() if name in wanted},
            }
        )

    def origin_of(self, name: str) -> Origin | None:
        """Return which sync brought the version of a file that was synced last, None where that is not known."""
        return next((origin for origin in self.origins if name in origin.names), None)

    def _origins_after(self, diff: Diff, sync: Origin) -> tuple[Origin, ...]:
        fresh = sync.model_copy(update={"names": (*diff.added, *diff.changed)})
        unchanged = self.contents.keys() - {*diff.changed, *diff.removed}
        return tuple(origin for origin in (*(each.only(unchanged) for each in self.origins), fresh) if origin.names)


def _unclear(content: str) -> str:
    return content if content.startswith(UNCLEAR) else f"{UNCLEAR}{content}"


FOREIGN_KEPT = 1000


@dataclass(frozen=True, slots=True)
class LoadedBaseline:
    """A baseline and the version of the document that it was read from, so that no newer one is overwritten."""

    baseline: Baseline
    etag: str | None


class Baselines:
    """Reads and writes baselines, each a document of its own; only who has the environment's lease writes one."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route: Route) -> Baseline:
        """Return the route's baseline; an unreadable one is as good as none, only the next diff is larger."""
        return self._parse(_name(route))

    def load(self, route: Route) -> LoadedBaseline:
        """Return the route's baseline with its version."""
        document = self._documents.read(_name(route))
        return LoadedBaseline(_parsed(document.content), document.etag)

    def replace(self, route: Route, loaded: LoadedBaseline, baseline: Baseline) -> LoadedBaseline:
        """Write a baseline in place of the loaded one; raise StateConflict if another worker has been there."""
        return LoadedBaseline(baseline, self._documents.write(_name(route), _encoded(baseline), loaded.etag))

    def write(self, route: Route, baseline: Baseline) -> None:
        """Replace the route's baseline."""
        overwrite(self._documents, _name(route), _encoded(baseline))

    def stage(self, route: Route, baseline: Baseline) -> None:
        """Keep the baseline of a sync that is being worked on."""
        overwrite(self._documents, _staged_name(route), _encoded(baseline))

    def read_staged(self, route: Route) -> Baseline:
        """Return the baseline of the sync that is being worked on; of one that ended long ago where none is."""
        return self._parse(_staged_name(route))

    def confirm(self, route: Route) -> Baseline:
        """Make the staged baseline the route's, because its sync is done, and return it."""
        staged = self.read_staged(route)
        self.write(route, staged)
        return staged

    def begin(self, route: Route) -> None:
        """Write down what the staged push may change, before it changes anything."""
        loaded = self.load(route)
        self.replace(route, loaded, loaded.baseline.begun(self.read_staged(route), deletes=route.deletes))

    def settle(self, route: Route) -> tuple[Baseline, bool]:
        """Return the baseline now that a push is over, and whether the target has what was staged and nothing else."""
        loaded, staged = self.load(route), self.read_staged(route)
        baseline = loaded.baseline.settled(staged, deletes=route.deletes)
        self.replace(route, loaded, baseline)
        return baseline, baseline.dealt_with == staged.contents

    def _parse(self, name: str) -> Baseline:
        return _parsed(self._documents.read(name).content)


def _parsed(content: bytes | None) -> Baseline:
    try:
        return Baseline.model_validate_json(content or b"")
    except ValidationError:
        return Baseline()


def _encoded(baseline: Baseline) -> bytes:
    return baseline.model_dump_json().encode()


def _name(route: Route) -> str:
    return f"baselines/{route.name}.json"


def _staged_name(route: Route) -> str:
    return f"baselines/{route.name}.staged.json"
