"""A folder's files at one moment, and the revision that they add up to."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class File:
    """A blob of the folder.

    `content` stands for the bytes: the MD5 that the listing shows, else the ETag; where the relay knows better, what it
    has found out. `etag` changes with each write, also with one of the same bytes.
    """

    name: str
    size: int
    content: str
    modified: datetime
    etag: str


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """A blob of the folder that is not imported, and why, as a clause about "it"."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """How many files of the folder are not imported, and the first of them by name."""

    count: int = 0
    first: tuple[IgnoredFile, ...] = ()

    def with_one(self, file: IgnoredFile) -> "Ignored":
        """Return the same with one more file, which comes after those that are known."""
        first = self.first if len(self.first) == IGNORED_SHOWN else (*self.first, file)
        return Ignored(self.count + 1, first)


IGNORED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a folder, sorted by name, as the storage service listed them at `listed_at` (its own clock).

    The storage service tells times in whole seconds, so a comparison of two of them is off by up to one second.
    `known_revision` is the revision of a listing that was seen before, whose files were looked into then.
    """

    files: tuple[File, ...]
    listed_at: datetime
    known_revision: str | None = None
    ignored: Ignored = Ignored()

    @property
    def revision(self) -> str:
        """A digest of names, sizes and contents: the same files give the same revision, whenever they were written."""
        return self.known_revision or _digest(f"{file.name}\0{file.size}\0{file.content}" for file in self.files)

    @property
    def listing(self) -> str:
        """A digest of names and ETags: it changes with each write and each deletion."""
        return _digest(f"{file.name}\0{file.etag}" for file in self.files)

    def known_as(self, revision: str) -> Self:
        """Return the same listing, whose revision is known from an earlier one."""
        return replace(self, known_revision=revision)

    def is_same_as(self, other: "Manifest") -> bool:
        """Whether no file was written or deleted from one listing to the other."""
        return [(file.name, file.etag) for file in self.files] == [(file.name, file.etag) for file in other.files]

    @property
    def newest(self) -> datetime:
        """When the last file was written; the folder has to have one."""
        return max(file.modified for file in self.files)

    def burst_start(self, pause: timedelta) -> datetime:
        """When the newest burst began: the run of writes, back from the newest, up to a gap of at least `pause`."""
        start, *earlier = sorted((file.modified for file in self.files), reverse=True)
        for written in earlier:
            if start - written >= pause:
                break
            start = written
        return start


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
    return f"sha256:{digest.hexdigest()}"
