"""What the relay remembers of a route: one small JSON document, changed only by a worker that read its last version."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.folder.manifest import Manifest
from shared.storage.documents import StoredModel


class Pending(StoredModel):
    """A wake-up is armed: sent at `since`, and invisible to every worker until `due`."""

    since: datetime
    due: datetime


class Seen(StoredModel):
    """A revision that is not synced yet, and when it was first seen; this is how a pause in deleting is recognised."""

    revision: str
    at: datetime


class Synced(StoredModel):
    """The last revision that ADF took over, as it was listed at `listed_at`, before the call.

    It is None where the folder changed between the listing and ADF's acceptance, so that nobody knows what ADF read;
    `open_since` is then since when.
    """

    revision: str | None
    listed_at: datetime
    files: int
    sync_id: str
    open_since: datetime | None = None


class Failure(StoredModel):
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


class Held(StoredModel):
    """A change waits for a person; `revision` is the one that was held."""

    revision: str
    reason: str
    sentence: str
    since: datetime


class Unreadable(StoredModel):
    """The folder could not be listed, `count` times in a row, the first time at `since`; that has a record."""

    sync_id: str
    since: datetime
    count: int
    code: str
    message: str


class RunningSync(StoredModel):
    """A sync that ADF accepted and still works on; `handle` is what the target resumes it by.

    `verify` says that it ends with a look at all files that the target holds.
    """

    sync_id: str
    revision: str | None
    listed_at: datetime
    files: int
    handle: str
    next_poll: datetime
    give_up_at: datetime
    verify: bool = False


class Requested(StoredModel):
    """Somebody asked for a sync; `force` syncs an unchanged, an empty and a held folder too.

    `taken` while a worker looks at the folder because of it: who asks then needs a sync of his own.
    """

    sync_id: str
    force: bool
    at: datetime
    taken: bool = False


class Ending(StoredModel):
    """How a sync ended; `seconds` is how old the oldest change was that it brought, None where it brought none."""

    outcome: str
    seconds: float | None = None


class Tally(StoredModel):
    """How many syncs ended in which way, and how long changes took: the numbers only grow while the state lives."""

    outcomes: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    buckets: dict[str, int] = Field(default_factory=dict)
    latest: Ending | None = None


class Alert(StoredModel):
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


class Undelivered(StoredModel):
    """Alert that the receiver has not taken yet, oldest first; `alarm` is the last news of a trouble that is not over.

    After `attempts` failures in a row the receiver is left alone until `next_attempt`.
    """

    alerts: tuple[Alert, ...] = ()
    alarm: Alert | None = None
    attempts: int = 0
    next_attempt: datetime | None = None


class RouteState(StoredModel):
    """The state of a route.

    `worker` is the lease that dealt with it last; results of another one come too late and are dropped. `burst_since`
    is when the burst that is being waited out began, `behind_since` when the oldest change was made that is not synced.
    Only of a target that the files are sent to one by one: `not_sent` counts those that it cannot take, `verified_at`
    is when all that it holds was looked at last.
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
    operation: RunningSync | None = None
    requested: Requested | None = None
    suspended_since: datetime | None = None
    removed: int = 0
    not_sent: int = 0
    verified_at: datetime | None = None
    tally: Tally = Field(default_factory=Tally)
    outbox: Undelivered = Undelivered()


def behind_since(state: RouteState, manifest: Manifest) -> datetime | None:
    """Return when the oldest change was made that ADF does not have, None where it has all that was just listed.

    What was known before stays: a file that is written again and again is as old as its first change.
    """
    if state.synced is None and not manifest.files:
        return None
    if state.synced and state.synced.revision == manifest.revision:
        return None
    return state.behind_since or _oldest_change(state.synced, manifest)


def _oldest_change(synced: Synced | None, manifest: Manifest) -> datetime:
    """Return the time of the first write since the last sync; a deletion, and a folder never synced, begin now."""
    since = synced.listed_at if synced else manifest.listed_at
    return min((file.modified for file in manifest.files if file.modified > since), default=manifest.listed_at)


def pending_seconds(state: RouteState, now: datetime) -> float:
    """Return the age of the oldest change that is not synced, or of a request or an overdue wake-up if that is older.

    A wake-up that is overdue counts, and a folder that cannot be listed, because nobody knows what is in it.
    """
    overdue = state.pending is not None and state.pending.due < now
    begun = (
        state.behind_since,
        state.requested and state.requested.at,
        state.pending.since if state.pending and overdue else None,
        state.unreadable and state.unreadable.since,
    )
    return max((max(0.0, (now - since).total_seconds()) for since in begun if since), default=0.0)


# Upper bounds in seconds; beyond the last one there is one more bucket.
BOUNDS = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
BEYOND = "+Inf"

# As in the history, less what has not ended, and messages that no attempt came of.
OUTCOMES = ("accepted", "succeeded", "held", "failed", "refused", "unchanged")


def counted(state: RouteState, outcome: str, now: datetime | None = None) -> Tally:
    """Return the tally with one more end; `now` is when ADF took the oldest change, None where it took none."""
    tally = state.tally
    outcomes = tally.outcomes | {outcome: tally.outcomes.get(outcome, 0) + 1}
    if now is None or state.behind_since is None:
        latest = Ending(outcome=outcome)
        return tally.model_copy(update={"outcomes": outcomes, "latest": latest})
    seconds = max(0.0, (now - state.behind_since).total_seconds())
    bucket = next((str(bound) for bound in BOUNDS if seconds <= bound), BEYOND)
    return Tally(
        outcomes=outcomes,
        seconds=tally.seconds + seconds,
        buckets=tally.buckets | {bucket: tally.buckets.get(bucket, 0) + 1},
        latest=Ending(outcome=outcome, seconds=seconds),
    )


def cumulated(tally: Tally) -> list[tuple[str, int]]:
    """Return the buckets as Prometheus has them: each bound with the count of all that took no longer."""
    count, found = 0, []
    for bound in (*map(str, BOUNDS), BEYOND):
        count += tally.buckets.get(bound, 0)
        found.append((bound, count))
    return found
