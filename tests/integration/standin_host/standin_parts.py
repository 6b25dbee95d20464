"""Real parts for these tests: a storage emulator and the stand-in, each in a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.app_settings import ROOT
from local.azurite import PORTS, Azurite
from local.ports import free_ports
from tests.waiting import until

API_VERSION = "2025-05-05"
PREAMBLE = """
import json, os
from pathlib import Path
import azure.functions as func

app = func.FunctionApp()

def saw(what):
    with Path(os.environ["SEEN"]).open("a") as file:
        file.write(json.dumps(what) + "\\n")
"""


def end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


@dataclass
class Storage:
    """Azurite. With a folder it remembers its content over a stop."""

    folder: Path | None = None
    process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.azurite = Azurite(free_ports(PORTS), self.folder)
        self.connection_string = self.azurite.connection_string

    def start(self) -> "Storage":
        self.process = subprocess.Popen(self.azurite.command(ROOT), text=True)
        until(self.azurite.answers, "Azurite answers")
        return self

    def stop(self) -> None:
        if self.process:
            end(self.process)

    def blobs(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.connection_string, api_version=API_VERSION)

    def queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.connection_string,
            name,
            api_version=API_VERSION,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    def upload(self, container: str, name: str, content: bytes = b"content") -> None:
        with self.blobs() as service:
            if not service.get_container_client(container).exists():
                service.create_container(container)
            service.get_blob_client(container, name).upload_blob(content, overwrite=True)

    def send(self, queue: str, text: str, visible_after: int = 0) -> None:
        with self.queue(queue) as client:
            with contextlib.suppress(Exception):
                client.create_queue()
            client.send_message(text, visibility_timeout=visible_after)

    def messages(self, queue: str) -> list[str]:
        with self.queue(queue) as client, contextlib.suppress(Exception):
            return [message.content for message in client.peek_messages(32)]
        return []

    def is_empty(self, queue: str) -> bool:
        """Whether a queue has no message, not even a hidden one."""
        with self.queue(queue) as client:
            return client.get_queue_properties().approximate_message_count == 0

    def blob_names(self, container: str) -> list[str]:
        with self.blobs() as service:
            return [str(name) for name in service.get_container_client(container).list_blob_names()]


@dataclass
class App:
    """A function app in a folder, run by the stand-in."""

    folder: Path
    settings: Mapping[str, str]

    def write(self, source: str, host_json: str = '{"version": "2.0"}') -> "App":
        self.folder.mkdir(exist_ok=True)
        (self.folder / "function_app.py").write_text(PREAMBLE + source)
        (self.folder / "host.json").write_text(host_json)
        return self

    @contextlib.contextmanager
    def running(self, *arguments: str, **settings: str) -> Iterator["Standin"]:
        process = self.start(*arguments, **settings)
        try:
            yield Standin(process, self.log, _ready(process, self.log))
        finally:
            end(process)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "local", "host", "--port", "0", "--app-dir", str(self.folder), *arguments]
        env = {**os.environ, "SEEN": str(self.seen_path), **self.settings, **settings}
        with self.log.open("a") as log:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True)

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    @property
    def seen_path(self) -> Path:
        return self.folder.with_suffix(".seen")

    def seen(self) -> list[Any]:
        """What the app's functions passed to `saw`."""
        if not self.seen_path.exists():
            return []
        return [json.loads(line) for line in self.seen_path.read_text().splitlines()]


@dataclass
class Standin:
    """A running stand-in."""

    process: subprocess.Popen[str]
    log: Path
    url: str

    def request(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, timeout=30, **options)

    def get(self, path: str, **options: Any) -> requests.Response:  # noqa: ANN401
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:  # noqa: ANN401
        return self.request("POST", path, **options)

    def count(self, function: str, how: str = "succeeded") -> int:
        counts: dict[str, dict[str, int]] = self.get("/_standin/invocations").json()
        return counts.get(function, {}).get(how, 0)


def _ready(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert line, log.read_text()
    ready = json.loads(line)
    assert ready["ready"] is True
    return str(ready["app"])


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:12]}"
