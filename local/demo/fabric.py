"""The demo for a Fabric job: the same examples, a change, and a deletion; what each took, in calls to Fabric."""

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.storage.blob import ContainerClient
from rich.progress import track

from local.app_settings import sample
from local.demo.examples import AIRFLOW, example_files
from local.demo.observe import JobCall, Observer, Seen
from local.demo.play import LOG, PATIENCE_S, POLL_S, REAL
from local.demo.screen import Expectation, Screen
from local.errors import LocalError
from local.fabric.state import JOB, WORKSPACE
from local.functions_host import HostName
from local.stack import Plan, Stack, running

_CHANGED, _DELETED = "dags/tutorial.py", "dags/example_sensors.py"
_NO_FILE_OF_THE_JOB = "requirements.txt"


@dataclass(frozen=True, slots=True)
class Act:
    """What came of one act with files; `calls` are those that it took."""

    title: str
    files: int
    trigger_runs: int
    calls: tuple[JobCall, ...]
    last_change: datetime

    @property
    def sent(self) -> tuple[int, int]:
        """How many files were sent, and how many deleted."""
        methods = Counter(call.method for call in self.calls)
        return methods["PUT"], methods["DELETE"]

    def row(self) -> tuple[str, ...]:
        """Return the act's row of the table."""
        puts, deletions = self.sent
        changes = [call.at for call in self.calls if call.method in {"PUT", "DELETE"}]
        waited = f"{(changes[-1] - self.last_change).total_seconds():.1f}" if changes else "-"
        others = len(self.calls) - puts - deletions
        return (self.title, *map(str, (self.files, self.trigger_runs, puts, deletions, others)), waited)


class FabricPlay:
    """The demo on a running stack whose one route leads into the emulated job."""

    def __init__(self, screen: Screen, stack: Stack) -> None:
        self._screen = screen
        self._observer = Observer(stack.addresses, LOG)
        container, _, self._folder = sample()["RELAY_FOLDER"].partition("/")
        self._blobs = ContainerClient.from_connection_string(stack.addresses.connection_string, container)
        self._blobs.create_container()

    def run(self) -> int:
        """Play all acts, show the table and the verdict, return the exit code."""
        files = example_files()
        changed = {_CHANGED: files[_CHANGED] + b"\n# changed\n"}
        acts = [
            self._upload(f"A burst: {len(files)} files, Airflow's own examples ({AIRFLOW})", files, "burst"),
            self._upload("The same files again", files, "same again"),
            self._upload("One file changed", changed, "one change"),
            self._delete("One file deleted", _DELETED, "one deletion"),
        ]
        pushed = {name: content for name, content in (files | changed).items() if name != _NO_FILE_OF_THE_JOB}
        expected = ((len(pushed), 0), (0, 0), (1, 0), (0, 1))
        del pushed[_DELETED]
        checks = [
            Expectation(f"PUT and DELETE for {act.title}", f"{puts} and {deletions}", "{} and {}".format(*act.sent))
            for act, (puts, deletions) in zip(acts, expected, strict=True)
        ]
        checks.append(Expectation("files in the job that are exactly the folder's", *self._same(pushed)))
        heading = ("", "files", "trigger runs", "PUT", "DELETE", "other calls", "change to last call, s")
        self._screen.table("What it took", [heading, *(act.row() for act in acts)])
        return self._screen.verdict(checks)

    def _upload(self, title: str, files: dict[str, bytes], short: str) -> Act:
        before, calls = self._begin(title)
        for name, content in track(files.items(), "  uploading", console=self._screen.console, transient=True):
            self._blobs.upload_blob(f"{self._folder}/{name}", content, overwrite=True)
        self._screen.event(f"uploaded {len(files)}")
        return self._end(short, len(files), before, calls)

    def _delete(self, title: str, name: str, short: str) -> Act:
        before, calls = self._begin(title)
        self._blobs.delete_blob(f"{self._folder}/{name}")
        self._screen.event(f"deleted {name}; asked for a look, since polling does not notice deletions")
        self._observer.ask_for_sync()
        return self._end(short, 1, before, calls)

    def _begin(self, title: str) -> tuple[Seen, int]:
        self._screen.act(title)
        return self._observer.look(), len(self._observer.job_calls())

    def _end(self, short: str, files: int, before: Seen, calls: int) -> Act:
        last_change = datetime.now(UTC)
        after = self._until_settled(before, calls)
        made = tuple(self._observer.job_calls()[calls:])
        return Act(short, files, after.trigger_runs - before.trigger_runs, made, last_change)

    def _until_settled(self, before: Seen, calls: int) -> Seen:
        """Follow what happens until no wake-up is left of what the change caused; show each step."""
        give_up_at = time.monotonic() + PATIENCE_S
        last, shown = before, Counter[str]()
        while True:
            seen = self._observer.look()
            made = Counter(call.method for call in self._observer.job_calls()[calls:])
            self._show(last, seen, made - shown)
            if seen.wake_ups > before.wake_ups and seen.settled and not self._observer.route()["operation"]:
                return seen
            if time.monotonic() > give_up_at:
                raise LocalError(f"not settled after {PATIENCE_S:.0f} s; the stack's log is {LOG.name}")
            last, shown = seen, made
            time.sleep(POLL_S)

    def _show(self, last: Seen, seen: Seen, made: Counter[str]) -> None:
        if runs := seen.trigger_runs - last.trigger_runs:
            self._screen.event(f"{runs} x blob trigger: look now")
        if made:
            told = ", ".join(f"{count} x [green]{method}[/green]" for method, count in sorted(made.items()))
            self._screen.event(f"Fabric: {told}")
        if wake_ups := seen.wake_ups - last.wake_ups:
            self._screen.event(f"{wake_ups} x wake-up: the folder was listed and compared")

    def _same(self, files: dict[str, bytes]) -> tuple[str, str]:
        held = self._observer.job_files(JOB)
        wanted = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
        same = sum(held.get(name) == digest for name, digest in wanted.items())
        extra = len(held.keys() - wanted.keys())
        return str(len(wanted)), str(same) if not extra else f"{same} and {extra} others"


def fabric_demo(host: HostName) -> int:
    """Start a stack with a route into the emulated Fabric job, play, stop it; return 0 if every expectation is met."""
    screen = Screen()
    screen.act(f"DAG Relay into a Fabric job, without Azure: {REAL[host]} and Fabric")
    screen.event(f"{len(example_files())} files to upload are at hand")
    route = {"name": "default", "target": "fabric", "workspace": WORKSPACE, "job": JOB}
    settings = {"RELAY_ROUTES": json.dumps([{**route, "folder": sample()["RELAY_FOLDER"]}])}
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # Line by line, because the runs of functions are counted in it.
    with LOG.open("w", buffering=1) as log, running(Plan(0, 0, 0, host, settings=settings), log) as stack:
        screen.event("the stack is up")
        return FabricPlay(screen, stack).run()
