"""The files that were synced last, so that the next sync can say what it brings."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import Field

from shared.errors import StateConflict
from shared.folder.manifest import File, Manifest
from shared.storage.documents import StoredModel
from shared.targets.port import Done

_MD5 = "md5:"
_FOREIGN_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Diff:
    """What a manifest has that the baseline has not, by name."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def brought(self) -> frozenset[str]:
        """The names of the files whose bytes are new."""
        return frozenset((*self.added, *self.changed))


class BytesRead(StoredModel):
    """The true MD5 of a blob's bytes at one version, found by reading them; None where there are too many."""

    etag: str
    md5: str | None


class FileVersion(StoredModel):
    """A file as it was synced: what stands for its bytes, its size and ETag, and its true MD5 where it was read.

    `brought_by` is the sync that brought it. It is `unclear` while the target may have got another version, or lost
    this one; `new` if there was none before.
    """

    content: str
    size: int | None = None
    etag: str | None = None
    md5: str | None = None
    brought_by: str | None = None
    unclear: bool = False
    new: bool = False

    def as_file(self, name: str, modified: datetime) -> File:
        """Return the version as a file of this name, to be read; when it was written is not known any more."""
        return File(name, self.size or 0, self.content, modified, self.etag or "")

    @property
    def known_md5(self) -> str | None:
        """The MD5 of the bytes as far as it is known: what was read, else what the listing claimed."""
        return self.md5 or (self.content.removeprefix(_MD5) if self.content.startswith(_MD5) else None)

    def is_surely_other_than(self, file: File) -> bool:
        """Whether size or MD5 say that the bytes differ."""
        claims = {self.content, file.content}
        return self.size != file.size or (len(claims) > 1 and all(claim.startswith(_MD5) for claim in claims))


class NotSent(StoredModel):
    """A version of a file that the target cannot take, and why."""

    content: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The sync that brought the present version of a file, and when it listed it."""

    sync_id: str
    at: datetime


class Baseline(StoredModel):
    """What was synced last, by name; `removed` are files gone from here and still in Airflow, since when.

    `syncs` tells when each sync that brought a file of today had listed it. `target` is what it was synced to, None
    where that was not noted. `not_sent` and `foreign`, paths that the target holds and the relay did not send, are
    known only of a target that the files are sent to one by one, by `worker`. `pushing` while it does so: what it may
    have changed is written down after that.
    """

    contents: dict[str, FileVersion] = Field(default_factory=dict)
    removed: dict[str, datetime] = Field(default_factory=dict)
    syncs: dict[str, datetime] = Field(default_factory=dict)
    target: str | None = None
    sync_id: str | None = None
    not_sent: dict[str, NotSent] = Field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    worker: str | None = None
    pushing: bool = False

    def of(self, worker: str) -> "Baseline":
        """Return the baseline if this worker was the last one to claim it; raise StateConflict if not."""
        if self.worker != worker:
            raise StateConflict("another worker pushes the files by now")
        return self

    def for_target(self, target: str) -> "Baseline":
        """Return the baseline if it is about this target, else an empty one: another target has none of the files."""
        return self if self.target in {None, target} else Baseline()

    def diff(self, manifest: Manifest) -> Diff:
        """Return what changed from the baseline to the manifest."""
        now = {file.name: file for file in manifest.files}
        return Diff(
            added=tuple(name for name, file in now.items() if self._is_new(file)),
            changed=tuple(name for name, file in now.items() if self._differs(file)),
            removed=tuple(sorted(self.contents.keys() - now.keys())),
        )

    def doubtful(self, manifest: Manifest) -> tuple[File, ...]:
        """Return the files that were written since, though neither size nor MD5 says that their bytes differ.

        `Content-MD5` is whatever a client wrote down, and many blobs have none: only their bytes can tell.
        """
        return tuple(file for file in manifest.files if self._doubts(file))

    def may_have_missed(self, manifest: Manifest, start: datetime, end: datetime) -> bool:
        """Whether ADF may have read other files than were listed at `start`, because it read until `end`.

        So it is if the folder looks different while ADF reads, or if a file was written in that time.
        """
        written = (file.modified for file in manifest.files if self._is_other_version(file))
        return manifest.listed_at <= end or any(start <= moment <= end for moment in written)

    def lacks_some(self, manifest: Manifest) -> bool:
        """Whether a file that was synced is not in the folder any more."""
        return not self.contents.keys() <= {file.name for file in manifest.files}

    def settled(self, manifest: Manifest, read: Mapping[str, BytesRead]) -> Manifest:
        """Return the manifest with every doubt settled by what was read; what was not read counts as changed."""
        files = tuple(self._settled(file, read.get(file.name)) for file in manifest.files)
        return replace(manifest, files=files)

    def after(self, manifest: Manifest, sync_id: str, target: str | None = None) -> "Baseline":
        """Return the baseline once the manifest has been synced: what it lacks stays listed until it is back."""
        diff = self.diff(manifest)
        brought = diff.brought
        contents = {
            file.name: self._version_of(file, sync_id if file.name in brought else None) for file in manifest.files
        }
        used = {version.brought_by for version in contents.values()}
        syncs = self.syncs | {sync_id: manifest.listed_at}
        gone = self.removed | dict.fromkeys(diff.removed, manifest.listed_at)
        return Baseline(
            contents=contents,
            removed={name: since for name, since in gone.items() if name not in contents},
            syncs={id_: at for id_, at in syncs.items() if id_ in used},
            target=target,
            sync_id=sync_id,
        )

    def claimed(self, worker: str, staged: "Baseline", *, deletes: bool) -> "Baseline":
        """Return the baseline for a worker that is about to push `staged`.

        A worker that was lost while it did so may have sent or deleted anything of that, so that all of it is unclear:
        it is sent again, or deleted, also where the folder has gone back meanwhile.
        """
        unclear: set[str] = set()
        if self.pushing:
            unclear = {name for name, version in staged.contents.items() if self._is_other_than(name, version)}
        if self.pushing and deletes:
            unclear |= self.contents.keys() - staged.contents.keys()
        contents = self.contents | {name: self._unclear(name) for name in unclear}
        update = {"contents": contents, "target": staged.target, "worker": worker, "pushing": True}
        return self.model_copy(update=update)

    def moved(self, done: Done) -> "Baseline":
        """Return the baseline once some of the files have arrived, or are gone, at a target that takes them singly."""
        arrived = {name: self._version_of(file) for name, file in done.put.items()}
        lost = {name: self._unclear(name) for name in done.unclear}
        known = self.contents | arrived | lost
        # What cannot be sent, and never was, is not ours in the target, whoever has a file of that path there.
        never_sent = {name for name in done.not_sendable if name in known and known[name].unclear and known[name].new}
        contents = {name: version for name, version in known.items() if name not in done.gone | never_sent}
        fresh = {
            name: NotSent(content=version.content, sentence=version.sentence)
            for name, version in done.not_sendable.items()
        }
        not_sent = {name: version for name, version in (self.not_sent | fresh).items() if name not in done.put}
        kept = (path for path in self.foreign if path.rpartition("/")[0] not in done.foreign)
        foreign = {*kept, *(path for paths in done.foreign.values() for path in paths)}
        update = {"contents": contents, "not_sent": not_sent, "foreign": tuple(sorted(foreign)[:_FOREIGN_KEPT])}
        return self.model_copy(update={**update, "pushing": False})

    def pushed(self, staged: "Baseline", *, deletes: bool) -> "Baseline":
        """Return what is left once a push of `staged` is over: where it deletes, nothing stays that was removed."""
        wanted = staged.contents
        left = {name: version for name, version in self.contents.items() if deletes or name in wanted}
        return self.model_copy(
            update={
                "contents": {name: _brought_as(wanted.get(name), version) for name, version in left.items()},
                "removed": {} if deletes else staged.removed,
                "syncs": staged.syncs,
                "not_sent": {name: version for name, version in self.not_sent.items() if name in wanted},
                "sync_id": staged.sync_id,
            }
        )

    def has_all_of(self, staged: "Baseline") -> bool:
        """Whether the target has what was staged and nothing else of ours, but for what it cannot take."""
        names = self.contents.keys() | self.not_sent.keys()
        return names == staged.contents.keys() and not any(
            self._is_other_than(name, version) and not self._cannot_be_sent(name, version.content)
            for name, version in staged.contents.items()
        )

    def renewed(self, manifest: Manifest) -> "Baseline":
        """Return the baseline with the ETags of a manifest that brings nothing new, so that doubts do not come back."""
        contents = {
            file.name: self._version_of(file)
            for file in manifest.files
            if self.has(file) and not self._cannot_be_sent(file.name, file.content)
        }
        return self.model_copy(update={"contents": self.contents | contents})

    def learned(self, read: Mapping[str, BytesRead]) -> "Baseline":
        """Return the baseline with what was read of the versions that it has."""
        known = {name: self.contents[name] for name in read.keys() & self.contents.keys()}
        learned = {
            name: version.model_copy(update={"md5": read[name].md5})
            for name, version in known.items()
            if version.etag == read[name].etag
        }
        return self.model_copy(update={"contents": self.contents | learned})

    def without_removed(self, names: Container[str]) -> "Baseline":
        """Return the baseline without some of the removed files."""
        return self.model_copy(update={"removed": {name: at for name, at in self.removed.items() if name not in names}})

    def origin_of(self, name: str) -> Origin | None:
        """Return which sync brought the version of a file that was synced last, None where that is not known."""
        version = self.contents.get(name)
        sync_id = version.brought_by if version else None
        return Origin(sync_id, self.syncs[sync_id]) if sync_id in self.syncs else None

    def has(self, file: File) -> bool:
        """Whether this version of the file was synced last."""
        return self._is_clear(file.name) and not self._differs(file)

    def why_not_sent(self, file: File) -> str | None:
        """Return why the target cannot take this version of a file, None where it can or has not tried."""
        return self.not_sent[file.name].sentence if self._cannot_be_sent(file.name, file.content) else None

    def _is_other_version(self, file: File) -> bool:
        version = self.contents.get(file.name)
        return version is None or version.etag not in {None, file.etag}

    def _is_new(self, file: File) -> bool:
        version = self.contents.get(file.name)
        return (version is None or version.new) and not self._cannot_be_sent(file.name, file.content)

    def _differs(self, file: File) -> bool:
        version = self.contents.get(file.name)
        if version is None or version.new or self._cannot_be_sent(file.name, file.content):
            return False
        return version.unclear or version.content != file.content or version.size not in {None, file.size}

    def _cannot_be_sent(self, name: str, content: str) -> bool:
        return name in self.not_sent and self.not_sent[name].content == content

    def _is_clear(self, name: str) -> bool:
        return name in self.contents and not self.contents[name].unclear

    def _is_other_than(self, name: str, version: FileVersion) -> bool:
        mine = self.contents.get(name)
        return mine is None or mine.unclear or mine.content != version.content

    def _unclear(self, name: str) -> FileVersion:
        version = self.contents.get(name)
        brought_by = version.brought_by if version else None
        return FileVersion(content="", brought_by=brought_by, unclear=True, new=version is None or version.new)

    def _doubts(self, file: File) -> bool:
        version = self.contents.get(file.name)
        return version is not None and version.etag not in {None, file.etag} and not version.is_surely_other_than(file)

    def _settled(self, file: File, read: BytesRead | None) -> File:
        version = self.contents.get(file.name)
        if version is None or version.etag is None:
            return file
        if version.etag == file.etag:
            return replace(file, content=version.content)
        if not self._doubts(file):
            return file
        is_same = read is not None and read.etag == file.etag and read.md5 in {version.known_md5} - {None}
        return replace(file, content=version.content if is_same else f"etag:{file.etag}")

    def _version_of(self, file: File, brought_by: str | None = None) -> FileVersion:
        """Return a file as synced; it is the version that is known, where nothing of it is new."""
        before = self.contents.get(file.name)
        if before is None or before.content != file.content:
            return FileVersion(content=file.content, size=file.size, etag=file.etag, brought_by=brought_by)
        known = {"size": file.size, "etag": file.etag, "brought_by": brought_by or before.brought_by}
        known |= {"unclear": False, "new": False}
        is_same = all(getattr(before, name) == value for name, value in known.items())
        return before if is_same else before.model_copy(update=known)


def _brought_as(staged: FileVersion | None, version: FileVersion) -> FileVersion:
    if staged is None or version.brought_by == staged.brought_by:
        return version
    return version.model_copy(update={"brought_by": staged.brought_by})
