"""A timer's memory of its last and next run, which survives the host (StorageScheduleMonitor in the WebJobs SDK)."""

import json
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import ContainerClient

from local.host.storage import create


@dataclass(frozen=True, slots=True)
class TimerStatus:
    """When a timer ran last (None: never), when it is due next, and when that was written."""

    last: datetime | None
    next: datetime
    updated: datetime

    def as_json(self) -> str:
        """Return the form that is stored and that the function sees."""
        return json.dumps(self.as_dict())

    def as_dict(self) -> dict[str, str]:
        """Return the fields by the names that .NET gives them."""
        last = self.last.isoformat() if self.last else "0001-01-01T00:00:00+00:00"
        return {"Last": last, "Next": self.next.isoformat(), "LastUpdated": self.updated.isoformat()}

    @classmethod
    def parse(cls, text: bytes) -> "TimerStatus":
        """Read the stored form."""
        content = {name: datetime.fromisoformat(value) for name, value in json.loads(text).items()}
        last = content["Last"] if content["Last"].year > 1 else None
        return cls(last, content["Next"], content["LastUpdated"])


class TimerMonitor:
    """Keeps the status of one timer in storage."""

    def __init__(self, container: ContainerClient, host_id: str, function: str) -> None:
        self._container = container
        self._blob = container.get_blob_client(f"timers/{host_id}/{function}/status")

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
