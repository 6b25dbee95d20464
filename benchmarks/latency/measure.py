"""One round on a running stack: upload, and watch what comes of it. Times are seconds."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import requests
from azure.storage.blob import ContainerClient

from local.app_settings import Addresses

CONTAINER = "airflow-files"
_TRIGGER = "on_dag_blob"
_PATIENCE_S = 120.0
_STEP_S = 0.05
# After a sync its environment is left alone for 5 s (RELAY_SETTLE_SECONDS), and a second for the clock: an upload
# must not wait for the round before.
SETTLED_S = 8.0
_UPLOADS_AT_ONCE = 8
_DAG = b'from airflow import DAG\n\nwith DAG("dag_%d"):\n    pass\n# %d\n'

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Round:
    """What a round took: from the last upload, and from when the trigger was told of it, until the POST."""

    after_upload: float
    after_trigger: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A stack, seen from outside."""

    addresses: Addresses

    def run(self, files: int, number: int) -> Round:
        """Upload so many files, none of them with the bytes it had, and wait for the one POST."""
        time.sleep(SETTLED_S)
        posts, trigger = len(self.posts()), _Trigger(self)
        uploaded = self._upload(files, number)
        posted = _until(lambda: trigger.seen_and(self.posts()[posts:]), "the POST")[0]
        return Round(posted - uploaded, posted - trigger.last_run)

    def sync(self, files: int, number: int) -> None:
        """Upload as `run` does, at once, and wait for the POST only, which needs nothing of the stand-in host."""
        posts = len(self.posts())
        self._upload(files, number)
        _until(lambda: self.posts()[posts:], "the POST")

    def verdict(self, number: int) -> float:
        """Upload one file; return how long it takes until the relay shows that Airflow parsed it."""
        time.sleep(SETTLED_S)
        name = f"dags/asked_{number}.py"
        uploaded = self._put(name, number, number)
        verdict = _until(lambda: self._airflow(name), "Airflow's verdict")
        if verdict != "Parsed":
            raise RuntimeError(f"Airflow's verdict: expected Parsed, got {verdict}")
        return time.time() - uploaded

    def posts(self) -> list[float]:
        """Return when each sync was asked for, by the clock of this machine."""
        journal = requests.get(f"{self.addresses.arm}/_emulator/journal", timeout=10).json()
        return [
            datetime.fromisoformat(call["at"]).timestamp() for call in journal if call["path"].endswith("/airflow/sync")
        ]

    def told(self) -> int:
        """Return how many runs the trigger has had."""
        counts = requests.get(f"{self.addresses.app}/_standin/invocations", timeout=10).json()
        return int(counts.get(_TRIGGER, {}).get("succeeded", 0))

    def _airflow(self, name: str) -> str | None:
        """Return what Airflow made of a file, None where that is not known yet."""
        answer = requests.get(f"{self.addresses.app}/api/routes/default/files/{name}", timeout=10).json()
        state = (answer.get("airflow") or {}).get("state")
        return None if state == "Pending" else state

    def _upload(self, files: int, number: int) -> float:
        with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
            return max(pool.map(lambda n: self._put(f"dags/file_{n}.py", n, number), range(files)))

    def _put(self, name: str, dag: int, number: int) -> float:
        container = ContainerClient.from_connection_string(self.addresses.connection_string, CONTAINER)
        with container:
            container.upload_blob(f"airflow/{name}", _DAG % (dag, number), overwrite=True)
        return time.time()


class _Trigger:
    """When the trigger ran last; a host that polls misses some of many files, which the look finds all the same."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._runs = watched.told()
        self.last_run = time.time()

    def seen_and(self, found: Found) -> Found:
        """Look how often the trigger has run, and return what was found meanwhile."""
        runs = self._watched.told()
        if runs > self._runs:
            self._runs, self.last_run = runs, time.time()
        return found


def _until(look: Callable[[], Found], what: str) -> Found:
    give_up_at = time.monotonic() + _PATIENCE_S
    while not (found := look()):
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"{what}: not within {_PATIENCE_S:.0f} s")
        time.sleep(_STEP_S)
    return found
