"""Single flight: one worker at a time deals with an environment, on any number of instances.

Two routes can feed one environment, so the flight belongs to the environment. It ends by itself, so that a crashed
worker blocks nobody for longer than `LENGTH`; whoever holds one has to be done with ARM before it ends.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.adf.names import EnvironmentId
from shared.errors import StateConflict
from shared.relay.decide import RESOLUTION
from shared.relay.documents import Document, Documents

LENGTH = timedelta(seconds=180)


class _FlightRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Flight:
    """The right to deal with an environment until `ends`, a time of the local monotonic clock."""

    environment: EnvironmentId
    etag: str
    ends: float


class Flights:
    """Takes and releases flights."""

    def __init__(self, documents: Documents, clock: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._clock = clock

    def take(self, environment: EnvironmentId) -> Flight | None:
        """Return a flight, or None while another worker has one."""
        asked_at = self._clock()
        document = self._documents.read(_name(environment))
        if _is_taken(document):
            return None
        try:
            etag = self._write(environment, document.read_at + LENGTH, document.etag)
        except StateConflict:
            return None
        return Flight(environment, etag, asked_at + (LENGTH - RESOLUTION).total_seconds())

    def time_left_s(self, flight: Flight) -> float:
        """Return the seconds for which the flight is certainly still ours."""
        return flight.ends - self._clock()

    def release(self, flight: Flight) -> None:
        """Let others take the environment, unless the flight had ended and another worker has it already."""
        try:
            self._write(flight.environment, None, flight.etag)
        except StateConflict:
            return

    def _write(self, environment: EnvironmentId, ends: datetime | None, etag: str | None) -> str:
        return self._documents.write(_name(environment), _FlightRecord(ends=ends).model_dump_json().encode(), etag)


def _is_taken(document: Document) -> bool:
    try:
        ends = _FlightRecord.model_validate_json(document.content or b"").ends
    except ValidationError:
        return False
    return ends is not None and ends > document.read_at


def _name(environment: EnvironmentId) -> str:
    return f"flights{environment.key}.json"
