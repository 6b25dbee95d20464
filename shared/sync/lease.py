"""The lease of an environment: one worker at a time deals with it, on any number of instances.

Two routes can feed one environment, so the lease belongs to the environment. It expires, so that a crashed worker does
not block others for long; its holder has to be done with ARM before that. A sync that ADF still works on outlives the
lease: until it is over, the environment stays reserved.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared.adf.names import EnvironmentId
from shared.errors import StateConflict
from shared.fabric.names import FabricJob
from shared.route import Route
from shared.storage.documents import Documents, StoredModel, write_own
from shared.sync.decide import RESOLUTION
from shared.sync.state import RunningSync

_Environment = EnvironmentId | FabricJob

# In seconds, for each call of a target. ARM gives up on Data Factory after 60 s itself.
CALL_DEADLINE_S = 60.0


class Reservation(StoredModel):
    """Until then only this route may deal with the environment, to follow its sync; no route, if it is None.

    `operation` is the sync that is followed. It is stored here before it is in the route's state, which may be lost.
    """

    route: str | None
    until: datetime
    operation: RunningSync | None = None

    def bars(self, route: Route, now: datetime) -> bool:
        """Whether the route has to stay away now."""
        return self.route != route.name and self.until > now


class LeaseRecord(StoredModel):
    """Who deals with an environment: a worker until `ends`, no worker if that is None. No two have one `holder`."""

    ends: datetime | None = None
    holder: str | None = None
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True)
class _Instant:
    """One moment by two clocks: `local` is in seconds, and not later than `storage`."""

    storage: datetime
    local: float

    def at(self, local: float) -> "_Instant":
        """Return the moment of a later local time."""
        return _Instant(self.storage + timedelta(seconds=local - self.local), local)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A lease as it was written last, at the version `etag`."""

    since: _Instant
    etag: str


class Lease:
    """The right to deal with an environment, for a while. `token` tells this lease from every other one."""

    def __init__(
        self, leases: "Leases", environment: _Environment, reservation: Reservation | None, taken: _Taken
    ) -> None:
        self._leases = leases
        self._environment = environment
        self._taken = taken
        self.reservation = reservation
        self.token = taken.etag

    def seconds_left(self) -> float:
        """Return for how long the lease is certainly still ours."""
        ends = self._taken.since.local + (self._leases.length - RESOLUTION).total_seconds()
        return ends - self._leases.clock()

    def call_deadline_s(self) -> float:
        """Return how long a call of the target may take, so that it has ended before the lease does."""
        return min(CALL_DEADLINE_S, self.seconds_left())

    def now(self) -> datetime:
        """Return the storage's time, as far as it can be told without asking; never too late."""
        return self._now().storage

    def renew(self, reservation: Reservation | None = None) -> None:
        """Make the lease last its whole length from now on, and store a reservation that outlives it.

        Raises StateConflict if the lease is no longer ours.
        """
        self.reservation = reservation or self.reservation
        self._taken = self._leases.occupy(self._environment, self.reservation, self._now(), self._taken.etag)

    def reservation_for(
        self, route: Route | None, duration: timedelta, operation: RunningSync | None = None
    ) -> Reservation:
        """Return a reservation that certainly lasts for `duration` from now on; for no route, if it is None."""
        until = self.now() + RESOLUTION + duration
        return Reservation(route=route.name if route else None, until=until, operation=operation)

    def operation_of(self, route: Route) -> RunningSync | None:
        """Return the sync of this route that the environment is reserved for, if there is one."""
        reserved = self.reservation
        is_ours = reserved is not None and reserved.route == route.name and reserved.until > self.now()
        return reserved.operation if reserved and is_ours else None

    def release(self, reservation: Reservation | None) -> None:
        """Let others take the environment, unless the lease had ended and another worker has it already."""
        with suppress(StateConflict):
            self._leases.vacate(self._environment, reservation, self._taken.etag)

    def _now(self) -> _Instant:
        return self._taken.since.at(self._leases.clock())


class Leases:
    """Lets workers take leases of the given length; `clock` measures intervals in seconds."""

    def __init__(self, documents: Documents, length: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self.length = length
        self.clock = clock

    def take(self, route: Route) -> Lease | None:
        """Return a lease of the route's environment, or None while another worker or route has it."""
        asked_at = self.clock()
        document = self._documents.read(_name(route.environment))
        record = _parse(document.content)
        now = _Instant(document.read_at, asked_at)
        if _is_taken(record, route, now.storage):
            return None
        try:
            taken = self.occupy(route.environment, record.reservation, now, document.etag)
        except StateConflict:
            return None
        return Lease(self, route.environment, record.reservation, taken)

    def taken_for(self, route: Route) -> timedelta:
        """Return for how long another worker or route has the route's environment, unless it is done sooner."""
        document = self._documents.read(_name(route.environment))
        record = _parse(document.content)
        held = record.ends or document.read_at
        reserved = record.reservation.until if record.reservation and record.reservation.route != route.name else held
        return max(held - document.read_at, reserved - document.read_at, timedelta(0))

    def occupy(
        self, environment: _Environment, reservation: Reservation | None, now: _Instant, etag: str | None
    ) -> _Taken:
        """Write that a worker has the environment from now on; raise StateConflict if another one has."""
        record = LeaseRecord(ends=now.storage + self.length, holder=uuid.uuid4().hex, reservation=reservation)
        return _Taken(now, self._write(environment, record, etag))

    def vacate(self, environment: _Environment, reservation: Reservation | None, etag: str) -> None:
        """Write that no worker has the environment; raise StateConflict if another one has."""
        self._write(environment, LeaseRecord(reservation=reservation), etag)

    def _write(self, environment: _Environment, record: LeaseRecord, etag: str | None) -> str:
        return write_own(self._documents, _name(environment), record.model_dump_json().encode(), etag)


def _is_taken(record: LeaseRecord, route: Route, now: datetime) -> bool:
    is_held = record.ends is not None and record.ends > now
    return is_held or (record.reservation is not None and record.reservation.bars(route, now))


def _parse(content: bytes | None) -> LeaseRecord:
    """Read a record; an unreadable one has no holder, because none could release it."""
    try:
        return LeaseRecord.model_validate_json(content or b"")
    except ValidationError:
        return LeaseRecord()


def _name(environment: _Environment) -> str:
    return f"leases{environment.key}.json"
