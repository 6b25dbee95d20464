"""A Functions host of either kind with the app of these tests, as a scenario sees it."""

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import requests

from local.errors import LocalError
from local.functions_host import FunctionsHost, HostName
from local.ports import LOOPBACK, free_ports
from local.processes import Service
from tests.emulated_storage import Storage, unique
from tests.waiting import until

APP = Path(__file__).parent / "app"
PATIENCE_S = 180.0
POLLED = {"BLOBS": "polled"}
_TIMEOUT_S = 90


@dataclass
class Host:
    """A host with a storage. It asks for keys, and is not started again when it ends."""

    kind: HostName
    storage: Storage
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: unique("judged"))

    def __post_init__(self) -> None:
        self.port = free_ports(1)
        self.prefix = f"{self.id}-"
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._seen = self.folder / f"{self.id}.seen"
        self.log = self.folder / f"{self.id}.log"
        self._service: Service | None = None

    @contextlib.contextmanager
    def running(self, *, wait: bool = True) -> Iterator["Host"]:
        """Start the host, and end it."""
        with self.log.open("a", buffering=1) as log:
            env = {
                **os.environ,
                "FUNCTIONS_WORKER_RUNTIME": "python",
                "AzureWebJobsStorage": self.storage.connection_string,
                "AzureFunctionsWebHost__hostid": self.id,
                "SEEN": str(self._seen),
                "PREFIX": self.prefix,
                **self.settings,
            }
            host = FunctionsHost(self.kind, self.port, env, enable_auth=True, app_dir=APP)
            self._service = host.service(log)
            try:
                if wait:
                    self._wait(host, self._service)
                yield self
            finally:
                self._service.kill()

    def _wait(self, host: FunctionsHost, service: Service) -> None:
        try:
            host.wait_until_ready(service.child)
        except LocalError as error:
            raise AssertionError(f"{error}; its log ends with {self.log.read_text()[-2000:]}") from error

    def own(self, name: str) -> str:
        """Return the name in storage of a queue or container of the app."""
        return self.prefix + name

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        assert self._service
        return self._service.child.exit_code is not None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the host, as the platform does."""
        assert self._service
        self._service.child.send(number)

    def wait_until_ended(self, seconds: float = PATIENCE_S) -> None:
        until(lambda: self.ended, "the host has ended", seconds)

    def seen(self, function: str) -> list[Any]:
        """Return what the runs of a function wrote down, in order."""
        if not self._seen.exists():
            return []
        lines = [json.loads(line) for line in self._seen.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [what for name, what in lines if name == function]

    def wait_for(self, function: str, count: int = 1) -> list[Any]:
        """Wait for so many runs of a function, and return them."""
        until(lambda: len(self.seen(function)) >= count, f"{count} runs of {function}", PATIENCE_S)
        return self.seen(function)

    @cached_property
    def keys(self) -> dict[str, str]:
        """Return the host's keys: master, function, blobs, eventgrid, and `own`, that of the function `guarded`."""
        # A host makes its keys when the first caller shows one.
        self.request("GET", "/api/guarded", headers={"x-functions-key": "none"})
        host = self._secrets("host")
        own = self._secrets("guarded")
        system = {key["name"].removesuffix("_extension"): key["value"] for key in host["systemKeys"]}
        return {
            "master": host["masterKey"]["value"],
            "function": host["functionKeys"][0]["value"],
            "own": own["keys"][0]["value"],
            **system,
        }

    def _secrets(self, name: str) -> dict[str, Any]:
        def read() -> bytes | None:
            return self.storage.read("azure-webjobs-secrets", f"{self.id}/{name}.json")

        text = until(read, f"the keys of {name}", PATIENCE_S)
        assert text
        return dict(json.loads(text))

    def request(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401 - of requests
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, timeout=_TIMEOUT_S, **options)

    def post_events(self, extension: str, function: str | None, body: bytes, kind: str | None) -> requests.Response:
        """Post to a webhook, with its key, as Event Grid does."""
        query = {"code": self.keys[extension], **({} if function is None else {"functionName": function})}
        headers = {} if kind is None else {"aeg-event-type": kind}
        return self.request("POST", f"/runtime/webhooks/{extension}", params=query, data=body, headers=headers)

    def raw(self, request: bytes) -> tuple[int, bytes]:
        """Send bytes; return status and body of the answer."""
        with socket.create_connection((LOOPBACK, self.port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(request)
            answer = HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.read()
