"""The stand-in in a process of its own, with an app that a test writes."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.app_settings import ROOT
from local.processes import tied
from tests.emulated_storage import end

PREAMBLE = """
import json, os
from pathlib import Path
import azure.functions as func

app = func.FunctionApp()

def saw(what):
    with Path(os.environ["SEEN"]).open("a") as file:
        file.write(json.dumps(what) + "\\n")
"""


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
            return subprocess.Popen(tied(command), cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True)

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
