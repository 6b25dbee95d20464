"""A peer without a memory of its own: to find what differs, it reads the whole job back, at the same pace."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.fabric.wire import LANES, ORIGIN, Bearer, Wire
from local.arm.exchange import Answer, Call
from local.fabric.state import JOB, WORKSPACE

_FILES = f"/v1/workspaces/{WORKSPACE}/apacheAirflowJobs/{JOB}/files"
_TOO_MANY, _WINDOW_S = 429, 60.0


@dataclass
class Peer:
    """Lists every folder, reads every file, and sends those that differ; waits when the quota is used up."""

    wire: Wire
    blocked: bool = False

    def sync(self, files: Mapping[str, bytes]) -> None:
        """Bring the job in step with these files, path -> content."""
        paths = [path for folder in sorted({path.rpartition("/")[0] for path in files}) for path in self._list(folder)]
        held = self._all(("GET", path, b"") for path in paths)
        self._all(("PUT", path, content) for path, content in files.items() if held.get(path) != content)

    def _list(self, folder: str) -> list[str]:
        found: list[str] = []
        query: dict[str, str] | None = {"rootPath": folder}
        while query is not None:
            page = json.loads(self._ask("GET", _FILES, query=query).payload())
            found += [entry["filePath"] for entry in page["value"]]
            token = page.get("continuationToken")
            query = {"rootPath": folder, "continuationToken": token} if token else None
        return found

    def _all(self, wanted: Iterable[tuple[str, str, bytes]]) -> dict[str, bytes]:
        """Make all calls, several at once; return the bodies of the answers by path."""
        left, found = list(wanted), dict[str, bytes]()
        while left:
            self.blocked = False
            with ThreadPoolExecutor(LANES) as pool:
                answers = list(pool.map(self._try, left))
            found |= {call[1]: body for call, body in zip(left, answers, strict=True) if body is not None}
            left = [call for call, body in zip(left, answers, strict=True) if body is None]
            if left:
                self.wire.lanes.pass_by(_WINDOW_S - self.wire.lanes.time % _WINDOW_S)
        return found

    def _try(self, call: tuple[str, str, bytes]) -> bytes | None:
        if self.blocked:
            return None
        method, path, content = call
        answer = self._ask(method, f"{_FILES}/{path}", content)
        self.blocked = self.blocked or answer.status == _TOO_MANY
        return None if answer.status == _TOO_MANY else answer.payload()

    def _ask(self, method: str, path: str, content: bytes = b"", query: Mapping[str, str] | None = None) -> Answer:
        headers = {"authorization": f"Bearer {Bearer().token}"}
        return self.wire.answer(Call(method, path, {"beta": "true", **(query or {})}, headers, ORIGIN, content))
