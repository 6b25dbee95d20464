"""Storage and ADF in memory, whose every call lets others go first, and may fail before or after it had its effect."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure.core.exceptions import ServiceRequestError, ServiceResponseError

from shared.errors import FolderUnreadable, NotDelivered, ServiceUnavailable, StateConflict, Throttled
from shared.folder.blobs import FileBytes
from shared.folder.manifest import File, Manifest
from shared.route import Route
from shared.storage.documents import Document
from shared.sync.outbox import LIFETIME
from shared.sync.state import Alert, RouteState
from shared.sync.store import STATES
from shared.targets.port import (
    Accepted,
    EnvironmentState,
    ImportFailed,
    ImportProgress,
    ImportSucceeded,
    StillRunning,
    Work,
)
from tests.model.tape import Tape
from tests.unit.memory import NOON

IMPORTS_TAKE = (0.2, 1.0, 4.0)
OPERATIONS_TAKE = (20.0, 1.0, 60.0, 90.0)
# When an import reads, as a part of the time that it takes.
READS_AFTER = (0.0, 0.5, 1.0)
# A worker remembers one of the last three versions of a document; mostly it is the latest, else one of them.
_VERSIONS_RECALLED, _FORGETFUL = 3, 4
# In seconds: by how much the storage's time is later than what its answers prove.
ESTIMATED_LESS = (0.0, 0.5, 0.9)
ROUTE_NAME, PREFIX = "default", "airflow"


@dataclass(frozen=True)
class Blob:
    """A file in the folder."""

    content: str
    written: float
    etag: str


@dataclass
class Message:
    """A wake-up on its queue, or one that asks for a delivery of alerts on the other."""

    route: str
    visible_at: float
    is_for_alerts: bool = False
    due: datetime | None = None


@dataclass
class Import:
    """What ADF imports for a target: the folder as it is at a moment of the adversary's choosing after the call.

    `found` is what the files held at the call. An import that `fails` says so only at its end.
    """

    prefix: str
    target: str
    began: float
    reads_at: float
    ended: float
    fails: bool
    found: dict[str, str]
    files: dict[str, Blob] | None = None


@dataclass(frozen=True)
class Listing:
    """What a look saw: the ETags by name."""

    prefix: str
    at: float
    etags: dict[str, str]


@dataclass(frozen=True)
class AlertQueue:
    """The queue of messages that ask for a delivery of alerts."""

    cloud: "Cloud"

    def send(self, route_name: str, delay: timedelta, due: datetime | None = None) -> datetime:  # noqa: ARG002 - at once
        return self.cloud.send(route_name, delay, is_for_alerts=True)


@dataclass
class Cloud:
    """All that survives the crash of a worker. Times are seconds after noon; the service shows whole seconds.

    `faults` decides what fails of storage, `tape` all the rest. ARM is away until `away_until`.
    """

    tape: Tape
    faults: Tape
    pause: Callable[[], None] = lambda: None
    now: float = 0.0
    follows_operations: bool = False
    away_until: float = 0.0
    folders: defaultdict[str, dict[str, Blob]] = field(default_factory=lambda: defaultdict(dict))
    documents: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    versions: defaultdict[str, list[tuple[bytes, str]]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Message] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    baselines: list[bytes] = field(default_factory=list)
    states: defaultdict[str, list[RouteState]] = field(default_factory=lambda: defaultdict(list))
    taken: defaultdict[str, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    calls: int = 0

    @property
    def folder(self) -> dict[str, Blob]:
        """The folder of the first route."""
        return self.folders[PREFIX]

    def state(self, route_name: str) -> RouteState:
        """Return a route's state as it was written last."""
        states = self.states[route_name]
        return states[-1] if states else RouteState()

    def moment(self, seconds: float) -> datetime:
        return NOON + timedelta(seconds=int(seconds))

    # Documents

    def read(self, name: str) -> Document:
        self._call()
        content, etag = self.documents.get(name, (None, None))
        return Document(content, etag, self.moment(self.now))

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        self._call()
        if self.documents.get(name, (None, None))[1] != etag:
            raise StateConflict(name)
        new_etag = str(self.calls)
        self._note(name, content, new_etag)
        if self._is_repeated():
            raise StateConflict(name)
        return new_etag

    def replace(self, name: str, content: bytes) -> None:
        self._call()
        new_etag = str(self.calls)
        self._note(name, content, new_etag)
        self._is_repeated()

    def _note(self, name: str, content: bytes, new_etag: str) -> None:
        self.documents[name] = (content, new_etag)
        self.versions[name].append((content, new_etag))
        if name.startswith(STATES):
            route_name = name.removeprefix(STATES).removesuffix(".json")
            self.states[route_name].append(RouteState.model_validate_json(content))
        if name == f"baselines/{ROUTE_NAME}.json":
            self.baselines.append(content)

    def recall(self, name: str) -> Document | None:
        """Return what one worker may have written last: the latest version, or one before it."""
        versions = self.versions[name][-_VERSIONS_RECALLED:]
        if not versions:
            return None
        version = self.tape.pick(versions) if self.tape.happens(_FORGETFUL) else versions[-1]
        return Document(*version, self.time().replace(microsecond=0), recalled=True)

    def unchanged_since(self, prefix: str, moment: datetime) -> Iterator[str]:  # noqa: ARG002 - all is new here
        return iter(())

    def names(self, prefix: str) -> Iterator[str]:
        self._call()
        return iter(sorted(name for name in self.documents if name.startswith(prefix)))

    def read_all(self, prefix: str) -> dict[str, Document]:
        self._call()
        now = self.moment(self.now)
        return {name: Document(*each, now) for name, each in self.documents.items() if name.startswith(prefix)}

    def delete(self, name: str, unchanged_since: datetime | None = None) -> None:  # noqa: ARG002 - as above
        self._call()
        self.documents.pop(name, None)
        self._is_repeated()

    def time(self) -> datetime:
        """Return the time as it is between two whole seconds: what an estimate comes close to."""
        return NOON + timedelta(seconds=self.now - self.tape.pick(ESTIMATED_LESS))

    # Queue

    def send(
        self, route_name: str, delay: timedelta, due: datetime | None = None, *, is_for_alerts: bool = False
    ) -> datetime:
        self._call()
        visible_at = self.now + delay.total_seconds()
        self.messages.append(Message(route_name, visible_at, is_for_alerts, due))
        if self._is_repeated():
            self.messages.append(Message(route_name, visible_at, is_for_alerts, due))
        return self.moment(visible_at)

    # Receiver of notifications

    def take(self, route: Route, alert: Alert) -> None:
        """Take an alert, or fail before that or after it; a day old, it is not refused, but would be given up."""
        self.pause()
        is_kept = self.moment(self.now) - alert.at < LIFETIME
        if is_kept and self.tape.happens(one_in=6):
            raise NotDelivered("the receiver answered 500", retry_after_s=self.tape.pick([None, 3.0, 100.0]))
        self.taken[route.name].append(alert)
        self.pause()
        if self.tape.happens(one_in=12):
            raise NotDelivered("the answer of the receiver was lost")

    # Folder

    def list_folder(self, route: Route) -> Manifest:
        self._call()
        if self.tape.happens(one_in=12):
            raise FolderUnreadable("this request is not authorized", code="AuthorizationFailure")
        return self.listed(route)

    def listed(self, route: Route) -> Manifest:
        """Return the folder as it is now, and note that it was seen."""
        prefix, blobs = route.folder.prefix, self.folders[route.folder.prefix]
        self.listings.append(Listing(prefix, self.now, {name: blob.etag for name, blob in blobs.items()}))
        return self.manifest(route)

    def contents(self, route: Route) -> dict[str, str]:
        """Return what the files of the folder hold, by name."""
        return {name: blob.content for name, blob in self.folders[route.folder.prefix].items()}

    def manifest(self, route: Route) -> Manifest:
        """Return the folder as it is now."""
        prefix, blobs = route.folder.prefix, self.folders[route.folder.prefix]
        files = [
            File(f"{prefix}/{name}", 1, blob.content, self.moment(blob.written), blob.etag)
            for name, blob in sorted(blobs.items())
        ]
        return Manifest(tuple(files), self.moment(self.now))

    def list_folders(self, routes: Sequence[Route]) -> dict[str, Manifest]:
        """Return the folders, but for those that cannot be listed."""
        found = {}
        for route in routes:
            with suppress(FolderUnreadable):
                found[route.name] = self.list_folder(route)
        return found

    def import_files(self) -> None:
        """Let imports read whose time has come; the folder has not changed since then."""
        for each in self.imports:
            if each.files is None and each.reads_at <= self.now:
                each.files = dict(self.folders[each.prefix])

    def _blob(self, route: Route, name: str) -> Blob | None:
        return self.folders[route.folder.prefix].get(name.removeprefix(f"{route.folder.prefix}/"))

    def read_files(self, route: Route, files: Sequence[File]) -> Iterator[FileBytes]:
        """Yield the versions that are still there; what the listing claims of their bytes is true."""
        for file in files:
            self._call()
            blob = self._blob(route, file.name)
            if blob and blob.etag == file.etag:
                yield FileBytes(file.name, file.etag, b"", blob.content.removeprefix("md5:"))

    def fetch(self, route: Route, file: File) -> bytes | None:
        """Return the one byte that a file's content is told by, if it is still that version."""
        self._call()
        blob = self._blob(route, file.name)
        return blob.content[-1:].encode() if blob and blob.etag == file.etag else None

    # ADF

    def environment_state(self, _route: Route, *, deadline_s: float) -> EnvironmentState:
        self._reach_arm(deadline_s)
        return EnvironmentState(200, "request", "Started")

    def sync(self, route: Route, *, deadline_s: float) -> Accepted:
        self._reach_arm(deadline_s)
        answer_is_lost = self.tape.happens(one_in=12)
        # An operation whose answer was lost cannot be followed: the promise is for imports shorter than the settling.
        followed = self.follows_operations and not answer_is_lost
        lasts = self.tape.pick(OPERATIONS_TAKE if followed else IMPORTS_TAKE)
        reads_at = self.now + lasts * self.tape.pick(READS_AFTER)
        fails = followed and self.tape.happens(one_in=12)
        prefix, found = route.folder.prefix, self.contents(route)
        self.imports.append(Import(prefix, route.target, self.now, reads_at, self.now + lasts, fails, found))
        self.import_files()
        self.pause()
        if answer_is_lost:
            error = ServiceUnavailable("the answer was lost", code="NoAnswer")
            error.may_have_acted = True
            raise error
        if self.follows_operations:
            return Accepted(202, "request", str(len(self.imports) - 1), 5)
        return Accepted(202, "request")

    def poll(self, handle: str, work: Work, *, deadline_s: float) -> ImportProgress:  # noqa: ARG002 - the port
        self.pause()
        polled = self.imports[int(handle)]
        if deadline_s <= 0 or self.now < polled.ended:
            return StillRunning(handle, 5)
        return ImportFailed("ImportFailed", "it failed") if polled.fails else ImportSucceeded()

    def _reach_arm(self, deadline_s: float) -> None:
        """Get to ARM within the time allowed, or not at all."""
        until = self.now + deadline_s
        self.pause()
        if self.now >= until or self.now < self.away_until or self.tape.happens(one_in=12):
            kind = self.tape.pick([ServiceUnavailable, Throttled])
            raise kind("busy", code="ServerBusy", retry_after_s=self.tape.pick([0.0, 3.0, 30.0]))

    def _call(self) -> None:
        """Let others go first, then fail before anything happens, or not."""
        self.calls += 1
        self.pause()
        if self.faults.happens(one_in=40):
            raise ServiceRequestError("storage did not answer")

    def _is_repeated(self) -> bool:
        """Let others go on, then lose the answer to what has happened, or not; return whether the client asks again."""
        self.pause()
        if self.faults.happens(one_in=40):
            raise ServiceResponseError("the answer of the storage was lost")
        return self.faults.happens(one_in=40)
