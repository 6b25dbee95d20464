"""A timer's memory of its last and next run, which survives the host (StorageScheduleMonitor in the WebJobs SDK)."""

import json
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.host.schedule import Schedule
from local.host.storage import create

_DOTNET_NEVER = "0001-01-01T00:00:00"


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """When a timer ran last (None: never by this schedule), when it is due next, and since when that is known."""

    last: datetime | None
    next: datetime
    updated: datetime

    def as_json(self) -> str:
        """Return the form that is stored."""
        return json.dumps(self.as_dict())

    def as_dict(self) -> dict[str, str]:
        """Return the fields by the names that .NET gives them."""
        last = self.last.isoformat() if self.last else _DOTNET_NEVER
        return {"Last": last, "Next": self.next.isoformat(), "LastUpdated": self.updated.isoformat()}

    @classmethod
    def parse(cls, text: bytes) -> "TimerStatus":
        """Read the stored form."""
        content = json.loads(text)
        last, next_, updated = (_moment(content[name]) for name in ("Last", "Next", "LastUpdated"))
        return cls(last if last.year > 1 else None, next_, updated)


def at_start(stored: TimerStatus | None, schedule: Schedule, now: datetime) -> TimerStatus:
    """Return the status with which a timer begins; a run was missed if its `next` has passed.

    What was stored by another schedule is forgotten: its missed run is not made up for.
    """
    if stored is None:
        return TimerStatus(None, schedule.next_after(now), now)
    since = stored.last or stored.updated
    expected = schedule.next_after(since)
    if stored.next == expected:
        return stored
    return TimerStatus(None, schedule.next_after(now) if now > expected else expected, since)


class TimerMonitor:
    """Keeps the status of one timer in storage."""

    def __init__(self, container: ContainerClient, host_id: str, function_id: str) -> None:
        self._container = container
        self._blob = container.get_blob_client(f"timers/{host_id}/{function_id}/status")

    async def read(self) -> TimerStatus | None:
        """Return the status, or None if the timer is new."""
        try:
            return TimerStatus.parse(await (await self._blob.download_blob()).readall())
        except ResourceNotFoundError:
            return None

    async def write(self, status: TimerStatus) -> None:
        """Store the status."""
        try:
            await self._blob.upload_blob(status.as_json(), overwrite=True)
        except ResourceNotFoundError:
            await create(self._container.create_container())
            await self._blob.upload_blob(status.as_json(), overwrite=True)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone() if moment.year > 1 else moment
