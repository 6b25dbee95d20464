"""The acts of the demo: a burst, the same again, one change, an environment, a bad spec."""

import hashlib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.storage.blob import ContainerClient
from rich.progress import Progress, track

from local.app_settings import ROOT, sample
from local.demo.airflow import example_dags, until_asked, verdicts_act
from local.demo.examples import AIRFLOW, example_files
from local.demo.observe import Observer, Seen
from local.demo.screen import Expectation, Screen
from local.errors import LocalError
from local.functions_host import HostName
from local.releases import AIRFLOW_3
from local.stack import AirflowName, Plan, Stack, running

PATIENCE_S = 60.0
POLL_S = 0.1
# Packages of an installation, where no bar can be shown.
_TOLD_EVERY = 25
LOG = ROOT / ".cache" / "demo" / "stack.log"

REAL: dict[HostName, str] = {
    "standin": "the real Python worker and Azurite; stand-ins for the Functions host and ARM",
    "func": "the real Functions host, the real Python worker and Azurite; a stand-in for ARM",
}
_GOOD_SPEC = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"location": "East US", "computeSize": "Small", "extraNodes": 0},
            "airflowProperties": {
                "airflowVersion": "2.6.3",
                "airflowEnvironmentVariables": {"AIRFLOW__TEST__TEST": "test"},
                "enableAADIntegration": True,
            },
        },
    }
}
_BAD_SPEC = {
    "properties": {
        "type": "Airflow",
        "typeProperties": {
            "computeProperties": {"extraNodes": "many"},
            "airflowProperties": {"airflowVersion": 2},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Act:
    """What came of one act with files."""

    title: str
    uploaded: int
    before: Seen
    after: Seen
    last_upload: datetime

    @property
    def calls(self) -> int:
        """How often `airflow/sync` was called."""
        return len(self.after.sync_calls) - len(self.before.sync_calls)

    def row(self) -> tuple[str, ...]:
        """Return the act's row of the table."""
        waited = f"{(self.after.sync_calls[-1] - self.last_upload).total_seconds():.1f}" if self.calls else "-"
        runs = self.after.trigger_runs - self.before.trigger_runs
        wake_ups = self.after.wake_ups - self.before.wake_ups
        return (self.title, str(self.uploaded), str(runs), str(wake_ups), str(self.calls), waited)


class Play:
    """The demo on a running stack."""

    def __init__(self, screen: Screen, stack: Stack) -> None:
        self._screen = screen
        self._observer = Observer(stack.addresses, LOG)
        self._airflow = stack.airflow
        container, _, self._folder = sample()["RELAY_FOLDER"].partition("/")
        self._blobs = ContainerClient.from_connection_string(stack.addresses.connection_string, container)
        self._blobs.create_container()

    def run(self) -> int:
        """Play all acts, show the table and the verdict, return the exit code."""
        files, origin = (example_dags(), AIRFLOW_3.version) if self._airflow else (example_files(), AIRFLOW)
        changed = dict([next(iter(files.items()))])
        changed = {name: content + b"\n# changed\n" for name, content in changed.items()}
        acts = [
            self._upload(f"A burst: {len(files)} files, Airflow's own examples ({origin})", files, "burst"),
            self._upload("The same files again", files, "same again"),
            self._upload("One file changed", changed, "one change"),
        ]
        imported = self._imported()
        checks = [
            *(
                Expectation(f"sync calls for {act.title}", str(n), str(act.calls))
                for act, n in zip(acts, (1, 0, 1), strict=True)
            ),
            Expectation(
                "files in the last import that are exactly what was uploaded", *self._same(imported, files | changed)
            ),
            *self._environments(),
            *(verdicts_act(self._screen, self._observer.route, files) if self._airflow else ()),
        ]
        heading = ("", "files uploaded", "trigger runs", "wake-ups", "sync calls", "upload to POST, s")
        self._screen.table("What it took", [heading, *(act.row() for act in acts)])
        return self._screen.verdict(checks)

    def _upload(self, title: str, files: dict[str, bytes], short: str) -> Act:
        before = self._observer.look()
        self._screen.act(title)
        for name, content in track(files.items(), "  uploading", console=self._screen.console, transient=True):
            self._blobs.upload_blob(f"{self._folder}/{name}", content, overwrite=True)
        last_upload = datetime.now(UTC)
        self._screen.event(f"uploaded {len(files)}")
        after = self._until_settled(before)
        if self._airflow:
            until_asked(self._screen, self._observer.route)
        return Act(short, len(files), before, after, last_upload)

    def _until_settled(self, before: Seen) -> Seen:
        """Follow what happens until the wake-up that the upload caused has been handled; show each step."""
        give_up_at = time.monotonic() + PATIENCE_S
        last = before
        while True:
            seen = self._observer.look()
            self._show(last, seen)
            calls = len(seen.sync_calls) - len(before.sync_calls)
            if seen.wake_ups > before.wake_ups and seen.settled and seen.imports - before.imports == calls:
                return seen
            if time.monotonic() > give_up_at:
                raise LocalError(f"not settled after {PATIENCE_S:.0f} s; the stack's log is {LOG.name}")
            last = seen
            time.sleep(POLL_S)

    def _show(self, last: Seen, seen: Seen) -> None:
        steps = [
            (seen.trigger_runs - last.trigger_runs, "{} x blob trigger: look now"),
            (min(1, max(0, seen.armed - last.armed)), "one wake-up is armed"),
            (seen.wake_ups - last.wake_ups, "wake-up: the folder was listed and compared"),
            (len(seen.sync_calls) - len(last.sync_calls), "[green]POST airflow/sync[/green]"),
            (seen.imports - last.imports, "the emulator has imported the folder"),
        ]
        for count, text in steps:
            if count:
                self._screen.event(text.format(count))

    def _imported(self) -> dict[str, str]:
        last = self._observer.imports()[-1]
        return {file["name"].removeprefix(f"{self._folder}/"): file["md5"] for file in last["files"]}

    def _same(self, imported: dict[str, str], files: dict[str, bytes]) -> tuple[str, str]:
        wanted = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
        same = sum(imported.get(name) == digest for name, digest in wanted.items())
        extra = len(imported.keys() - wanted.keys())
        return str(len(wanted)), str(same) if not extra else f"{same} and {extra} others"

    def _environments(self) -> list[Expectation]:
        self._screen.act("An environment, and a spec with two mistakes")
        created = self._observer.put_environment("demo-environment", _GOOD_SPEC)
        state = created.json().get("properties", {}).get("state")
        self._screen.event(f"PUT /api/environments/demo-environment: {created.status_code}, state {state}")
        refused = self._observer.put_environment("demo-environment", _BAD_SPEC)
        self._screen.event(f"PUT with a bad spec: {refused.status_code}")
        for error in refused.json().get("errors", []):
            self._screen.event(f"  {error['path']}: {error['message']}")
        return [
            Expectation("creating an environment", "200 Initial", f"{created.status_code} {state}"),
            Expectation(
                "refusing a bad spec",
                "422 with 2 reasons",
                f"{refused.status_code} with {len(refused.json().get('errors', []))} reasons",
            ),
        ]


def demo(host: HostName, airflow: AirflowName = "emulated") -> int:
    """Start a stack on free ports, play, stop it; return 0 if every expectation is met."""
    screen = Screen()
    screen.act(f"DAG Relay, without Azure: {REAL[host]}")
    if airflow == "real":
        _install(screen)
    else:
        screen.event(f"{len(example_files())} files to upload are at hand")
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # Line by line, because the runs of functions are counted in it.
    with LOG.open("w", buffering=1) as log, ExitStack() as ending:
        with screen.waiting("the stack starts"):
            stack = ending.enter_context(running(Plan(0, 0, 0, host, airflow=airflow), log))
        screen.event("the stack is up")
        return Play(screen, stack).run()


def _install(screen: Screen) -> None:
    with Progress(console=screen.console, transient=True) as progress:
        bar = progress.add_task(f"  installing Airflow {AIRFLOW_3.version}", total=None)

        def report(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of)
            if not screen.console.is_terminal and done % _TOLD_EVERY == 0:
                screen.event(f"installing Airflow {AIRFLOW_3.version}: {done} of {of} packages")

        AIRFLOW_3.install(report)
    screen.event(
        f"Airflow {AIRFLOW_3.version} is installed; its database and its services start now, which takes longest"
    )
