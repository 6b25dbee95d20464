"""What changed in a container between two looks at it.

Two looks see less than Event Grid: a blob that is written twice between them is one change, one that is written and
deleted is none. And they see a little more: changed metadata counts as a write.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.triggers.storage_events import CREATED, DELETED


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as a listing shows it; `is_copy` tells that its content came by Copy Blob."""

    etag: str
    size: int
    content_type: str
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One write or deletion; the blob is the new one, or the one that is gone."""

    name: str
    blob: Blob
    is_deletion: bool

    @property
    def type(self) -> str:
        """The type of the event that tells of it."""
        return DELETED if self.is_deletion else CREATED

    @property
    def api(self) -> str:
        """The call that most likely made it: a listing does not tell Put Blob from Put Block List."""
        if self.is_deletion:
            return "DeleteBlob"
        return "CopyBlob" if self.blob.is_copy else "PutBlob"


def changes_between(before: Mapping[str, Blob], after: Mapping[str, Blob]) -> list[Change]:
    """Return the writes, then the deletions."""
    written = [Change(name, blob, False) for name, blob in after.items() if before.get(name) != blob]  # noqa: FBT003
    gone = [Change(name, blob, True) for name, blob in before.items() if name not in after]  # noqa: FBT003
    return written + gone
