"""The real stack with three app processes on one Azurite: how chaos reaches it, and how it is observed."""

import hashlib
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self, TextIO

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.app_settings import ROOT, environment, sample
from local.azurite import PORTS, Azurite
from local.functions_host import FunctionsHost, HostName
from local.ports import LOOPBACK, free_ports
from local.processes import Child, Service
from shared.storage.names import StorageNames
from shared.sync.state import RouteState
from tests.chaos.plan import APPS, Part, SyncStyle, Trouble
from tests.chaos.verdict import Ending, Import, Version
from tests.hosts import QUICK_LOCKS

IMPORT_SECONDS = 0.5
LEASE_S = 12
_CONTAINER, _, _FOLDER = sample()["RELAY_FOLDER"].partition("/")
_TIMEOUT_S = 30
_SYNC = "/airflow/sync"
# The settle time is longer than an import, also than one that is frozen twice (see the plan).
_SETTINGS = {
    "RELAY_QUIET_SECONDS": "1",
    "RELAY_LONGEST_WAIT_SECONDS": "5",
    "RELAY_SWEEP_SCHEDULE": "*/5 * * * * *",
    "RELAY_LEASE_SECONDS": str(LEASE_S),
    "RELAY_SETTLE_SECONDS": "3",
}
_LOCKS = {**QUICK_LOCKS, "STANDIN_MESSAGE_LOCK_SECONDS": "4"}
_ANSWERS: dict[Trouble, dict[str, Any]] = {
    "throttled": {
        "status": 429,
        "headers": {"Retry-After": "1"},
        "body": {"error": {"code": "TooManyRequests", "message": "Too many."}},
    },
    "unavailable": {"status": 503, "body": {"error": {"code": "ServiceUnavailable", "message": "Not now."}}},
    "reset before": {"reset": "before"},
    "reset after": {"reset": "after"},
    "slow": {"delay_s": 2},
}


class World:
    """A running stack with app processes of one kind of host.

    One that ends is started again, unless it was killed.

    Every part writes a log of its own into `logs`; storage is in memory. `settings` are the app's, besides short times.
    """

    def __init__(self, logs: Path, host: HostName, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self._logs = logs
        self._settings = {**_SETTINGS, **settings}
        self._host = host
        self._azurite = Azurite(free_ports(PORTS))
        self._arm_port = free_ports(1)
        self._app_ports = [free_ports(1) for _ in range(APPS)]
        self._parts: dict[str, Child] = {}
        self._apps: dict[int, Service] = {}
        self._timers: list[threading.Timer] = []
        self._last: dict[str, Version] = {}
        self._first_written: dict[tuple[str, str], datetime] = {}
        self._exit = ExitStack()
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def _start(self) -> None:
        text = self._azurite.connection_string
        self._blobs = self._exit.enter_context(BlobServiceClient.from_connection_string(text))
        self._queues = self._exit.enter_context(QueueServiceClient.from_connection_string(text))
        self._spawn("storage", self._azurite.command(ROOT)).wait_until(self._azurite.answers)
        self._container = self._blobs.create_container(_CONTAINER)
        self._spawn("arm", _local("arm", self._arm_port, "--storage-connection-string", text)).ready_line()
        # The first makes the keys of all: where two of Microsoft's hosts make them at once, one fails and stays so.
        first, *others = range(APPS)
        self.start_app(first)
        self.wait_for_apps()
        for app in others:
            self.start_app(app)
        self.wait_for_apps()

    def start_app(self, app: int) -> None:
        """Start an app process, and do not wait for it."""
        service = self._functions_host(app).service(self._log(f"app-{app}"))
        self._exit.callback(service.stop)
        service.supervise()
        self._apps[app] = service

    def wait_for_apps(self) -> None:
        """Wait until every freeze is over and every app process answers."""
        for timer in self._timers:
            timer.join()
        for app, service in self._apps.items():
            self._functions_host(app).wait_until_ready(service.child)

    def kill(self, app: int) -> None:
        """`kill -9`; the process stays away until it is started."""
        self._apps[app].kill()

    def signal(self, app: int, number: signal.Signals) -> None:
        """Send a signal to an app process."""
        self._apps[app].child.send_to_group(number)

    def freeze(self, part: Part, seconds: float) -> None:
        """Stop a part and let it go on after so many seconds, without waiting for that."""
        child = self._parts[part] if isinstance(part, str) else self._apps[part].child
        child.send_to_group(signal.SIGSTOP)
        timer = threading.Timer(seconds, child.send_to_group, [signal.SIGCONT])
        timer.start()
        self._timers.append(timer)

    def answer_syncs(self, style: SyncStyle) -> None:
        """Let syncs be accepted with an operation to follow, or with nothing."""
        self._post("settings", {"sync_style": style, "import_seconds": IMPORT_SECONDS})

    def trouble(self, calls: Literal["sync", "any"], trouble: Trouble, times: int) -> None:
        """Let the next calls run into trouble."""
        match = {"method": "POST", "path_contains": _SYNC} if calls == "sync" else {}
        self._post("faults", {"match": match, "times": times, "answer": _ANSWERS[trouble]})

    def end_faults(self) -> None:
        """Forget the troubles that have not come yet."""
        self._session.delete(self._emulator("faults"), timeout=_TIMEOUT_S).raise_for_status()

    def write(self, name: str, content: int) -> None:
        """Write a file; the same bytes again are no new version."""
        text = f"CONTENT = {content}\n".encode()
        md5 = hashlib.md5(text, usedforsecurity=False).hexdigest()
        answer = self._container.get_blob_client(_blob(name)).upload_blob(text, overwrite=True)
        written: datetime = answer["last_modified"]
        first_written = self._first_written.setdefault((name, md5), written)
        if name not in self._last or self._last[name].md5 != md5:
            self._last[name] = Version(_blob(name), md5, written, first_written)

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._container.delete_blob(_blob(name))
        del self._last[name]

    def look(self) -> Ending:
        """Return what there is now; the folder is read from the storage, and has to hold what was written."""
        there = {blob.name: bytes(blob.content_settings.content_md5 or b"").hex() for blob in self._listing()}
        versions = tuple(self._last.values())
        assert there == {version.name: version.md5 for version in versions}, "the storage lost what was written"
        return Ending(versions, self.imports(), self._state(), self._wake_ups())

    def imports(self) -> tuple[Import, ...]:
        """Return the imports that are over."""
        return tuple(_import(one) for one in self._get("imports"))

    def sync_calls(self) -> int:
        """Return how often a sync was asked for."""
        return sum(call["path"].endswith(_SYNC) for call in self._get("journal"))

    def _listing(self) -> Any:  # noqa: ANN401 - the SDK's pages of blobs
        return self._container.list_blobs(name_starts_with=f"{_FOLDER}/")

    def _state(self) -> RouteState:
        blob = self._blobs.get_blob_client(StorageNames().container, "routes/default.json")
        try:
            return RouteState.model_validate_json(blob.download_blob().readall())
        except ResourceNotFoundError:
            return RouteState()

    def _wake_ups(self) -> int:
        """Return how many wake-ups are left.

        One that a process had in work when it was killed stays hidden for as long as its lock lasts: seconds in the
        stand-in, ten minutes in Microsoft's host, for which only visible ones are counted.
        """
        queue = self._queues.get_queue_client(StorageNames().wake_ups)
        try:
            if self._host == "func":
                return len(queue.peek_messages(32))
            return queue.get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0

    def _functions_host(self, app: int) -> FunctionsHost:
        return FunctionsHost(self._host, self._app_ports[app], self._env())

    def _spawn(self, name: str, command: list[str]) -> Child:
        self._parts[name] = Child(name, command, env=self._env(), cwd=ROOT, log=self._log(name))
        self._exit.callback(self._parts[name].stop)
        return self._parts[name]

    def _log(self, name: str) -> TextIO:
        return self._exit.enter_context((self._logs / f"{name}.log").open("a", buffering=1))

    def _env(self) -> dict[str, str]:
        arm = f"http://{LOOPBACK}:{self._arm_port}"
        settings = os.environ | self._settings
        return environment(settings, arm=arm, connection_string=self._azurite.connection_string) | _LOCKS

    def _emulator(self, endpoint: str) -> str:
        return f"http://{LOOPBACK}:{self._arm_port}/_emulator/{endpoint}"

    def _post(self, endpoint: str, body: object) -> None:
        self._session.post(self._emulator(endpoint), json=body, timeout=_TIMEOUT_S).raise_for_status()

    def _get(self, endpoint: str) -> list[dict[str, Any]]:
        answer = self._session.get(self._emulator(endpoint), timeout=_TIMEOUT_S)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


def _local(part: str, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "local", part, "--port", str(port), *more]


def _blob(name: str) -> str:
    return f"{_FOLDER}/{name}"


def _import(shown: dict[str, Any]) -> Import:
    return Import(
        shown["environment"],
        datetime.fromisoformat(shown["started_at"]),
        datetime.fromisoformat(shown["finished_at"]),
        {file["name"]: file["md5"] for file in shown["files"]},
        shown["error"]["code"] if "error" in shown else None,
    )
