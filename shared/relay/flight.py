"""Single flight: one worker at a time deals with an environment, on any number of instances.

Two routes can feed one environment, so the flight belongs to the environment. It ends by itself, so that a crashed
worker blocks nobody for long; whoever holds one has to be done with ARM before it ends. A sync that ADF still works on
outlives the flight: until it is over, the environment stays reserved.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared.adf.names import EnvironmentId
from shared.errors import StateConflict
from shared.relay.decide import RESOLUTION
from shared.relay.documents import Documents
from shared.relay.route import Route
from shared.relay.state import Part


class Reservation(Part):
    """Until then only this route may deal with the environment, to follow its sync; no route, if it is None."""

    route: str | None
    until: datetime

    def bars(self, route: Route, now: datetime) -> bool:
        """Whether the route has to stay away now."""
        return self.route != route.name and self.until > now


class FlightRecord(Part):
    """Who deals with an environment: a worker until `ends`, nobody if that is None."""

    ends: datetime | None = None
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True)
class Flight:
    """The right to deal with an environment until `ends`; `taken` and `ends` are times of the local monotonic clock."""

    environment: EnvironmentId
    etag: str
    taken_at: datetime
    taken: float
    ends: float
    reservation: Reservation | None


class Flights:
    """Takes and releases flights of the given length."""

    def __init__(self, documents: Documents, length: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._length = length
        self._clock = clock

    def take(self, route: Route) -> Flight | None:
        """Return a flight of the route's environment, or None while another worker or route has it."""
        asked_at = self._clock()
        document = self._documents.read(_name(route.environment))
        record = _parse(document.content)
        now = document.read_at
        if (record.ends and record.ends > now) or (record.reservation and record.reservation.bars(route, now)):
            return None
        taken = FlightRecord(ends=now + self._length, reservation=record.reservation)
        try:
            etag = self._write(route.environment, taken, document.etag)
        except StateConflict:
            return None
        ends = asked_at + (self._length - RESOLUTION).total_seconds()
        return Flight(route.environment, etag, now, asked_at, ends, record.reservation)

    def time_left_s(self, flight: Flight) -> float:
        """Return the seconds for which the flight is certainly still ours."""
        return flight.ends - self._clock()

    def reservation(self, flight: Flight, route: Route | None, duration: timedelta) -> Reservation:
        """Return a reservation that certainly lasts for `duration` from now on."""
        elapsed = timedelta(seconds=self._clock() - flight.taken)
        return Reservation(route=route.name if route else None, until=flight.taken_at + elapsed + RESOLUTION + duration)

    def release(self, flight: Flight, reservation: Reservation | None) -> None:
        """Let others take the environment, unless the flight had ended and another worker has it already."""
        try:
            self._write(flight.environment, FlightRecord(reservation=reservation), flight.etag)
        except StateConflict:
            return

    def _write(self, environment: EnvironmentId, record: FlightRecord, etag: str | None) -> str:
        return self._documents.write(_name(environment), record.model_dump_json().encode(), etag)


def _parse(content: bytes | None) -> FlightRecord:
    """Read a record; an unreadable one belongs to nobody, because nobody could release it."""
    try:
        return FlightRecord.model_validate_json(content or b"")
    except ValidationError:
        return FlightRecord()


def _name(environment: EnvironmentId) -> str:
    return f"flights{environment.key}.json"
