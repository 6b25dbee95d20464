"""What the relay remembers of a route: one small JSON document, changed only by a worker that read its last version."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.folder.checks import Finding
from shared.folder.manifest import Ignored, Manifest
from shared.storage.documents import StoredModel
from shared.sync.tally import Tally


class Pending(StoredModel):
    """A wake-up is armed: sent at `since`, and invisible to every worker until `due`.

    `by_sweep` says that nothing but a sweep asked for it; a worker that only postpones the look leaves that so.
    """

    since: datetime
    due: datetime
    by_sweep: bool = False


class Seen(StoredModel):
    """A revision that is not synced yet, and when it was first seen; this is how a pause in deleting is recognised."""

    revision: str
    at: datetime


class Synced(StoredModel):
    """The last revision that ADF took over, as it was listed at `listed_at`, before the call.

    It is None where it is unknown what ADF read, since `open_since`: the folder changed meanwhile, the answer was lost,
    or the target is another one now. `forced` if that is the outcome of a forced sync, whose repetition is forced, too.
    `listing` is the digest of the ETags at that time, `incarnation`
    tells the environment from later ones of its name, and `until` is when ADF was certainly done.
    """

    revision: str | None
    listed_at: datetime
    files: int
    sync_id: str
    open_since: datetime | None = None
    forced: bool = False
    listing: str | None = None
    incarnation: str | None = None
    until: datetime | None = None


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
    forced: bool = False


class QuotaWait(StoredModel):
    """The target took no call for a sync, `count` times in a row since `since`, and is not called before `until`."""

    since: datetime
    until: datetime
    count: int


class Held(StoredModel):
    """A change waits for an operator; `revision` is the one that was held."""

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

    `verify` says that it ends with a look at all files that the target holds, `read_back` that it compares their bytes.
    """

    sync_id: str
    revision: str | None
    listed_at: datetime
    files: int
    handle: str
    next_poll: datetime
    give_up_at: datetime
    listing: str | None = None
    target: str | None = None
    incarnation: str | None = None
    verify: bool = False
    read_back: bool = False
    forced: bool = False


class Calling(StoredModel):
    """ADF is being called for a sync; left behind by a worker that was lost, its outcome is unknown."""

    sync_id: str
    trigger: str
    revision: str | None
    at: datetime
    forced: bool = False


class Looking(StoredModel):
    """A worker has looked at the folder since `began`; a look was due since `since`, `by_sweep` as in `Pending`."""

    since: datetime
    began: datetime
    by_sweep: bool = False


class Requested(StoredModel):
    """A caller asked for a sync; `force` syncs an unchanged, an empty and a held folder too.

    `read_back` compares the bytes of all files that the target holds. `taken` while a worker looks at the folder: a
    request that comes then needs a sync of its own, and waits here as `then` until this one is answered.
    """

    sync_id: str
    force: bool
    at: datetime
    taken: bool = False
    read_back: bool = False
    then: "Requested | None" = None

    @property
    def last(self) -> "Requested":
        """The request that was made last."""
        return self.then or self

    def shared_by(self, *, force: bool, read_back: bool) -> "Requested":
        """Return the request once it is another one's, too."""
        return self.model_copy(update={"force": self.force or force, "read_back": self.read_back or read_back})


class Alert(StoredModel):
    """Something to notify about; `id` stays the same however often it is sent.

    `sentence` says why; `count` is how many syncs failed in a row, or how many files were removed, `names` the first of
    them. `since` is when the trouble began that this is about, or that is over. What is not `transient` needs a person.
    Alerts about events belong to no sync.
    """

    id: str
    kind: Literal[
        "failed",
        "recovered",
        "removed",
        "held",
        "importErrors",
        "importErrorsResolved",
        "eventsNotArriving",
        "eventsArriving",
    ]
    at: datetime
    since: datetime
    sync_id: str | None = None
    revision: str | None = None
    code: str | None = None
    sentence: str | None = None
    transient: bool = False
    count: int = 0
    names: tuple[str, ...] = ()


class Asking(StoredModel):
    """Airflow is being asked what became of the files of a sync, which ended at `since`.

    `looks` were made so far; the next one is due at `next_look`, for which a wake-up was sent where it is `armed`.
    While a worker makes a look, that is when it would be made again if the worker were lost. After `give_up_at` there
    is none.
    """

    sync_id: str
    since: datetime
    next_look: datetime
    give_up_at: datetime
    looks: int = 0
    armed: bool = False


class BrokenFile(StoredModel):
    """A file that Airflow could not import, and its words for it."""

    name: str
    line: int | None
    words: str


class AirflowSummary(StoredModel):
    """What Airflow made of the files of the last sync, in short, as of `at`.

    `states` counts the files that were asked about by their verdict; `errors` are all files of the route that Airflow
    could not import, `first_errors` the first of them; `unproven` are those that it could not import before, and of
    whose present version it has said nothing. `trouble` says why Airflow could not be asked. `seconds` passed from the
    last upload of the sync until there was a verdict on all its files.
    """

    sync_id: str
    at: datetime
    states: dict[str, int] = Field(default_factory=dict)
    errors: int = 0
    first_errors: tuple[BrokenFile, ...] = ()
    unproven: int = 0
    trouble: str | None = None
    seconds: float | None = None

    @property
    def nothing_seen(self) -> bool:
        """Whether Airflow shows nothing of any file that it was asked about, as after an import that failed."""
        return set(self.states) == {"NotSeen"}


class OpenFindings(StoredModel):
    """What the checks found in files that are synced and were not changed since: how much, and the worst of it."""

    count: int = 0
    first: tuple[Finding, ...] = ()


class Undelivered(StoredModel):
    """Alerts that are not delivered yet, oldest first; `alarm` is the last one about a trouble that is not over.

    `airflow_alarm` is the last alert about files that Airflow could not import. After `attempts` failures in a row the
    receiver is left alone until `next_attempt`.
    """

    alerts: tuple[Alert, ...] = ()
    alarm: Alert | None = None
    airflow_alarm: Alert | None = None
    attempts: int = 0
    next_attempt: datetime | None = None


class EventCheck(StoredModel):
    """When the events arrived of a file that was written, and deleted, to see whether they do; `id` is in its name."""

    id: str
    uploaded_at: datetime | None = None
    deleted_at: datetime | None = None


class Arrivals(StoredModel):
    """Whether Event Grid tells of uploads, where it is to.

    Events have arrived since `arriving_since`, as far as is known. No event up to `heard_until` need have been noted.
    `suspected` is when a sweep found an upload whose event may still be on its way; the next sweep counts it as
    `unannounced`. `missed` counts those since the last event, the first of which was suspected at `missing_since`.
    `checks` are the latest ones, newest last.
    """

    arriving_since: datetime | None = None
    heard_until: datetime | None = None
    suspected: datetime | None = None
    unannounced: int = 0
    missed: int = 0
    missing_since: datetime | None = None
    checks: tuple[EventCheck, ...] = ()


def are_missing(arrivals: Arrivals) -> bool:
    """Whether two sweeps in a row found uploads that no event had announced; sweeps that find none do not count."""
    return arrivals.missed > 1


class RouteState(StoredModel):
    """The state of a route; `looked_at` is when the last look at the folder began that has ended.

    `worker` is the lease that dealt with it last; results of another one come too late and are dropped. `burst_since`
    is when the burst that is being waited out began, `behind_since` when the oldest change was made that is not synced.
    `target` is where the folder went at the last look, `ignored` what that look found and is not imported.
    `environment_seen_at` is when the environment was last checked.
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
    quota_wait: QuotaWait | None = None
    held: Held | None = None
    unreadable: Unreadable | None = None
    operation: RunningSync | None = None
    requested: Requested | None = None
    calling: Calling | None = None
    looking: Looking | None = None
    looked_at: datetime | None = None
    environment_seen_at: datetime | None = None
    target: str | None = None
    ignored: Ignored = Ignored()
    suspended_since: datetime | None = None
    removed: int = 0
    not_sent: int = 0
    verified_at: datetime | None = None
    asking: Asking | None = None
    airflow: AirflowSummary | None = None
    findings: OpenFindings = OpenFindings()
    arrivals: Arrivals = Arrivals()
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

    A wake-up that is overdue counts, and a folder that cannot be listed, because it is unknown what is in it.
    """
    overdue = state.pending is not None and state.pending.due < now
    begun = (
        state.behind_since,
        state.requested and state.requested.at,
        state.pending.since if state.pending and overdue else None,
        state.unreadable and state.unreadable.since,
    )
    return max((max(0.0, (now - since).total_seconds()) for since in begun if since), default=0.0)
