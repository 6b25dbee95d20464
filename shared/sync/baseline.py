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


class Baseline(StoredModel):
    """What was synced last, name -> content; `removed` are files gone from here and still in Airflow, since when.

    `origins` tells which sync brought which file; a file of a baseline from before there were origins has none.
    """

    contents: dict[str, str] = Field(default_factory=dict)
    removed: dict[str, datetime] = Field(default_factory=dict)
    origins: tuple[Origin, ...] = ()

    def diff(self, manifest: Manifest) -> Diff:
        """Return what changed from the baseline to the manifest."""
        now = {file.name: file.content for file in manifest.files}
        return Diff(
            added=tuple(name for name in now if name not in self.contents),
            changed=tuple(name for name in now if self.contents.get(name, now[name]) != now[name]),
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

    def origin_of(self, name: str) -> Origin | None:
        """Return which sync brought the version of a file that was synced last, None where that is not known."""
        return next((origin for origin in self.origins if name in origin.names), None)

    def _origins_after(self, diff: Diff, sync: Origin) -> tuple[Origin, ...]:
        fresh = sync.model_copy(update={"names": (*diff.added, *diff.changed)})
        unchanged = self.contents.keys() - {*diff.changed, *diff.removed}
        return tuple(origin for origin in (*(each.only(unchanged) for each in self.origins), fresh) if origin.names)


class Baselines:
    """Reads and writes baselines, each a document of its own; only who has the environment's lease writes one."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, route: Route) -> Baseline:
        """Return the route's baseline; an unreadable one is as good as none, only the next diff is larger."""
        return self._parse(_name(route))

    def write(self, route: Route, baseline: Baseline) -> None:
        """Replace the route's baseline."""
        overwrite(self._documents, _name(route), baseline.model_dump_json().encode())

    def stage(self, route: Route, baseline: Baseline) -> None:
        """Keep the baseline of a sync that is being worked on."""
        overwrite(self._documents, _staged_name(route), baseline.model_dump_json().encode())

    def read_staged(self, route: Route) -> Baseline:
        """Return the baseline of the sync that is being worked on; of one that ended long ago where none is."""
        return self._parse(_staged_name(route))

    def confirm(self, route: Route) -> Baseline:
        """Make the staged baseline the route's, because its sync is done, and return it."""
        staged = self.read_staged(route)
        self.write(route, staged)
        return staged

    def _parse(self, name: str) -> Baseline:
        try:
            return Baseline.model_validate_json(self._documents.read(name).content or b"")
        except ValidationError:
            return Baseline()


def _name(route: Route) -> str:
    return f"baselines/{route.name}.json"


def _staged_name(route: Route) -> str:
    return f"baselines/{route.name}.staged.json"
