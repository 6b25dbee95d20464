"""What happens in a running stack, read from outside: the runs in its log, the emulator's journal and imports."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from local.app_settings import Addresses

WAKE_UP_QUEUE = "dag-relay-wake-ups"
_TIMEOUT_S = 10
# Both hosts write this line at the end of a run.
_EXECUTED = re.compile(rb"Executed 'Functions\.([^']+)' \((Succeeded|Failed), ")


@dataclass(frozen=True, slots=True)
class Seen:
    """What had happened at one moment since the stack was started."""

    trigger_runs: int
    wake_ups: int
    sync_calls: tuple[datetime, ...]
    imports: int
    armed: int

    @property
    def settled(self) -> bool:
        """Whether no wake-up is waiting or being worked on."""
        return self.armed == 0


@dataclass(frozen=True, slots=True)
class JobCall:
    """A call that a Fabric job has had."""

    method: str
    at: datetime


class Runs:
    """The runs of functions that ended, counted in a stack's log, and so over all restarts of its host."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read_to = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def succeeded(self, function: str) -> int:
        """Return how many runs of a function succeeded."""
        return self._count(function, "Succeeded")

    def failed(self, function: str) -> int:
        """Return how many runs of a function failed."""
        return self._count(function, "Failed")

    def _count(self, function: str, how: str) -> int:
        with self._log.open("rb") as log:
            log.seek(self._read_to)
            # The last line may not be written to its end yet.
            whole = log.read().rpartition(b"\n")[0]
        self._read_to += len(whole)
        self._counts.update((name.decode(), end.decode()) for name, end in _EXECUTED.findall(whole))
        return self._counts[function, how]


class Observer:
    """Asks a running stack, which logs to `log`."""

    def __init__(self, addresses: Addresses, log: Path) -> None:
        self._addresses = addresses
        self.runs = Runs(log)
        self._session = requests.Session()
        self._session.trust_env = False
        own = addresses.host_connection_string or addresses.connection_string
        queues = QueueServiceClient.from_connection_string(own, connection_verify=addresses.certificate or True)
        self._queue = queues.get_queue_client(WAKE_UP_QUEUE)

    def look(self) -> Seen:
        """Return what has happened so far."""
        journal = self._get(f"{self._addresses.arm}/_emulator/journal")
        return Seen(
            trigger_runs=self.runs.succeeded("on_dag_blob"),
            wake_ups=self.runs.succeeded("on_wake_up"),
            sync_calls=tuple(
                datetime.fromisoformat(call["at"]) for call in journal if call["path"].endswith("/airflow/sync")
            ),
            imports=len(self.imports()),
            armed=self._armed(),
        )

    def imports(self) -> list[dict[str, Any]]:
        """Return the imports that the emulator has finished."""
        imports: list[dict[str, Any]] = self._get(f"{self._addresses.arm}/_emulator/imports")
        return [one for one in imports if one["finished_at"]]

    def route(self, path: str = "") -> dict[str, Any]:
        """Return the app's answer about the one route, or about what is below it."""
        answer: dict[str, Any] = self._get(f"{self._addresses.app}/api/routes/default{path}")
        return answer

    def put_environment(self, name: str, spec: dict[str, Any]) -> requests.Response:
        """Send a spec to the app, as a pipeline would."""
        return self._session.put(f"{self._addresses.app}/api/environments/{name}", json=spec, timeout=_TIMEOUT_S)

    def ask_for_sync(self) -> None:
        """Ask for a look at the folder; where blobs are polled, a deletion makes no event."""
        self._session.post(f"{self._addresses.app}/api/routes/default/sync", timeout=_TIMEOUT_S).raise_for_status()

    def job_calls(self) -> list[JobCall]:
        """Return the calls that Fabric jobs have had, in their order."""
        journal = self._get(f"{self._addresses.arm}/_emulator/journal")
        calls = [call for call in journal if "/apacheAirflowJobs/" in call["path"]]
        return [JobCall(call["method"], datetime.fromisoformat(call["at"])) for call in calls]

    def job_files(self, job: str) -> dict[str, str]:
        """Return what a Fabric job holds: path -> MD5."""
        files = self._get(f"{self._addresses.arm}/_emulator/fabric/jobs/{job}/files")
        return {file["path"]: file["md5"] for file in files}

    def _armed(self) -> int:
        if self._addresses.airflow:
            # The queue also holds the wake-ups for looks at Airflow, which announce no change.
            return int(self.route()["pendingSince"] is not None)
        try:
            return self._queue.get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0

    def _get(self, url: str) -> Any:  # noqa: ANN401 - any JSON value
        answer = self._session.get(url, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
