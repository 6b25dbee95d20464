"""What the relay remembers of a route: one small JSON document, changed only by whoever read its last version."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of a stored document.

    A key that is not known is left out: while the app is upgraded or rolled back, old and new instances share the
    documents. What an old one must not read has another `version`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Pending(Part):
    """A wake-up is armed: sent at `since`, and invisible to every worker until `due`."""

    since: datetime
    due: datetime


class Seen(Part):
    """A revision that is not synced yet, and when it was first seen; this is how a pause in deleting is recognised."""

    revision: str
    at: datetime


class Synced(Part):
    """The last revision that ADF took over, as it was listed at `listed_at`, before the call.

    It is None where the folder changed between the listing and ADF's acceptance, so that nobody knows what ADF read;
    `open_since` is then since when.
    """

    revision: str | None
    listed_at: datetime
    files: int
    sync_id: str
    open_since: datetime | None = None


class Failure(Part):
    """The last sync failed, `count` times in a row: the first time at `since`, the last time at `at`.

    What failed for now is not tried again before `next_attempt`, what was refused only after a change.
    """

    sync_id: str
    revision: str | None
    transient: bool
    count: int
    at: datetime
    next_attempt: datetime
    code: str
    message: str
    status: int | None = None
    request_id: str | None = None
    since: datetime | None = None


class Held(Part):
    """A change waits for a person; `revision` is the one that was held."""

    revision: str
    reason: str
    sentence: str
    since: datetime


class Unreadable(Part):
    """The folder could not be listed, `count` times in a row, the first time at `since`; that has a record."""

    sync_id: str
    since: datetime
    count: int
    code: str
    message: str


class Operation(Part):
    """A sync that ADF accepted and still works on; `handle` is what the target resumes it by."""

    sync_id: str
    revision: str | None
    listed_at: datetime
    files: int
    handle: str
    next_poll: datetime
    give_up_at: datetime


class Requested(Part):
    """Somebody asked for a sync; `force` syncs an unchanged, an empty and a held folder too.

    `taken` while a worker looks at the folder because of it: who asks then needs a sync of his own.
    """

    sync_id: str
    force: bool
    at: datetime
    taken: bool = False


class Ending(Part):
    """How a sync ended; `seconds` is how old the oldest change was that it brought, None where it brought none."""

    outcome: str
    seconds: float | None = None


class Tally(Part):
    """How many syncs ended in which way, and how long changes took: the numbers only grow while the state lives."""

    outcomes: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    buckets: dict[str, int] = Field(default_factory=dict)
    latest: Ending | None = None


class News(Part):
    """Something that people want to be told; `id` stays the same however often it is sent.

    `sentence` says why; `count` is how many syncs failed in a row, or how many files were removed, `names` the first of
    them. `since` is when the trouble began that this is about, or that is over. What is not `transient` needs a person.
    """

    id: str
    kind: Literal["failed", "recovered", "removed", "held"]
    at: datetime
    since: datetime
    sync_id: str
    revision: str | None = None
    code: str | None = None
    sentence: str | None = None
    transient: bool = False
    count: int = 0
    names: tuple[str, ...] = ()


class Outbox(Part):
    """News that the receiver has not taken yet, oldest first; `alarm` is the last news of a trouble that is not over.

    After `attempts` failures in a row the receiver is left alone until `next_attempt`.
    """

    news: tuple[News, ...] = ()
    alarm: News | None = None
    attempts: int = 0
    next_attempt: datetime | None = None


class RouteState(Part):
    """The state of a route.

    `worker` is the flight that dealt with it last; results of another one come too late and are dropped. `burst_since`
    is when the burst that is being waited out began, `behind_since` when the oldest change was made that is not synced.
    """

    version: Literal[1] = 1
    worker: str | None = None
    pending: Pending | None = None
    burst_since: datetime | None = None
    behind_since: datetime | None = None
    seen: Seen | None = None
    synced: Synced | None = None
    failure: Failure | None = None
    held: Held | None = None
    unreadable: Unreadable | None = None
    operation: Operation | None = None
    requested: Requested | None = None
    suspended_since: datetime | None = None
    removed: int = 0
    tally: Tally = Field(default_factory=Tally)
    outbox: Outbox = Outbox()
