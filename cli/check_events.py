"""`check-events`: write a file that no import takes, and wait until the app has heard of it and of its deletion."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from cli.errors import CommandError, Exit, UnreachableError
from cli.folder import RemoteFolder
from cli.status import Pace
from cli.wait import Target
from shared.adf.imported import check_file

Step = Literal["write", "uploadEvent", "delete", "deletionEvent"]

_CONTENT = b"Written by dag-relay check-events, which deletes it again.\n"
_LOOK_AT = {
    "uploadEvent": "the subscription for Microsoft.Storage.BlobCreated: the function in its endpoint, its filters",
    "deletionEvent": "the subscription for Microsoft.Storage.BlobDeleted, which has to start on_blob_deleted",
}


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended, and after how many seconds."""

    step: Step
    ok: bool
    seconds: float
    sentence: str


def check_events(target: Target, pace: Pace, *, as_json: bool) -> Exit:
    """Show the steps up to the first that fails: OK if none does, else NOT_OK.

    An event counts as lost when the pace's time-out is over. Raises CommandError, which names the step, if the app or
    storage cannot be asked.
    """
    shown = target.shown()
    _require_events(shown)
    check = Check(target, target.storage.folder(shown["folder"]), secrets.token_hex(8), pace)
    results: list[StepResult] = []
    for result in check.steps():
        results.append(result)
        if not as_json:
            print(f"{'ok' if result.ok else 'failed':8}{result.step:15}{result.sentence}", flush=True)
    end = Exit.OK if all(result.ok for result in results) else Exit.NOT_OK
    if as_json:
        steps = [asdict(result) for result in results]
        print(json.dumps({"route": target.route, "result": "failed" if end else "ok", "steps": steps}))
    return end


def _require_events(shown: dict[str, Any]) -> None:
    if "events" not in shown:
        raise CommandError("this version of the app remembers no checks; publish a newer one")
    if shown["events"] is None:
        raise CommandError("the app polls storage, so there are no events to check: RELAY_BLOB_SOURCE is not eventgrid")


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a route: its file lies in the route's folder, and has the check's id in its name."""

    target: Target
    folder: RemoteFolder
    id: str
    pace: Pace

    def steps(self) -> Iterator[StepResult]:
        """Do one step after the other until one fails; the file is deleted in any case."""
        began = time.monotonic()
        with _naming("write"):
            self.folder.upload(check_file(self.id), _CONTENT)
        try:
            yield StepResult("write", ok=True, seconds=_since(began), sentence=f"wrote {check_file(self.id)}")
            upload = self._arrival("uploadEvent", "uploadedAt")
            yield upload
        finally:
            began = time.monotonic()
            with _naming("delete"):
                self.folder.delete(check_file(self.id))
        yield StepResult("delete", ok=True, seconds=_since(began), sentence="deleted it")
        if upload.ok:
            yield self._arrival("deletionEvent", "deletedAt")

    def _arrival(self, step: Literal["uploadEvent", "deletionEvent"], key: str) -> StepResult:
        began = time.monotonic()
        with _naming(step):
            arrived = self._wait_for(key, began + self.pace.timeout_s)
        seconds = _since(began)
        late = f"no event within {self.pace.timeout_s:.0f} s; look at {_LOOK_AT[step]}"
        return StepResult(step, arrived, seconds, f"the event arrived after {seconds:.1f} s" if arrived else late)

    def _wait_for(self, key: str, give_up_at: float) -> bool:
        """Return whether the app has heard of it in time; that it cannot be reached matters at the last look only."""
        while True:
            is_last = time.monotonic() + self.pace.every_s > give_up_at
            try:
                if self._has_arrived(key):
                    return True
            except UnreachableError:
                if is_last:
                    raise
            if is_last:
                return False
            time.sleep(self.pace.every_s)

    def _has_arrived(self, key: str) -> bool:
        checks = self.target.shown()["events"]["checks"]
        return any(check["id"] == self.id and check[key] is not None for check in checks)


@contextmanager
def _naming(step: Step) -> Iterator[None]:
    """Say in an error which step it ended."""
    try:
        yield
    except CommandError as error:
        raise CommandError(f"step {step}: {error}") from None


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
