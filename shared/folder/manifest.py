"""A folder's files at one moment, and the revision that they add up to."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class File:
    """A blob of the folder.

    `content` changes with the bytes: it is their MD5 where the blob has one, else the ETag. `etag` changes with each
    write, also with one of the same bytes.
    """

    name: str
    size: int
    content: str
    modified: datetime
    etag: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a folder, sorted by name, as the storage service listed them at `listed_at` (its own clock).

    The storage service tells times in whole seconds, so a comparison of two of them is off by up to one second.
    """

    files: tuple[File, ...]
    listed_at: datetime

    @property
    def revision(self) -> str:
        """A digest of names and contents: the same files give the same revision, whoever wrote them, whenever."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(f"{file.name}\0{file.content}\n".encode())
        return f"sha256:{digest.hexdigest()}"

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
