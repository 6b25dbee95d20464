"""A Fabric job in memory: each PUT, DELETE and listing is a step of the adversary, who may lose it, or its answer.

The job is the emulator's own, so that it answers as the one that Microsoft's clients are run against; the relay's
caller, its push and its engine are the real ones. A request whose answer is lost may still land within 50 seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import requests
from greenlet import greenlet

from local.arm.exchange import Answer, Call
from local.arm.identity import token
from local.arm.settings import Settings
from local.fabric import front
from local.fabric.state import JOB, WORKSPACE, Fabric
from shared.fabric.names import FabricJob, PushOptions
from shared.folder.path import FolderPath
from shared.rest.answers import RestAnswer
from shared.rest.urls import Url
from shared.route import Route
from shared.targets import fabric
from shared.targets.fabric_calls import fabric_caller
from shared.targets.fabric_service import SCOPE, fabric_service
from tests.model.simulation import Process, Simulation, Worker
from tests.model.storage import Cloud
from tests.model.tape import Tape
from tests.unit.memory import NOON

ROUTE = Route(
    "default", FabricJob(WORKSPACE, JOB), FolderPath.parse("files/airflow"), PushOptions(), "AzureWebJobsStorage"
)
FOREIGN = {"dags/theirs.py": b"t", "plugins/theirs.py": b"t"}
ORIGIN = "http://127.0.0.1:1"
LANDS_WITHIN_S = (5.0, 20.0, 50.0)
_CHANGES = frozenset({"PUT", "DELETE"})


@dataclass(frozen=True)
class Bearer:
    """A token that never ends, for a credential that never fails."""

    token: str = token("https://api.fabric.microsoft.com", "relay", 0, 10**11)


class Identity:
    """What azure-identity calls a credential."""

    def get_token(self, *_scopes: str, **_options: str) -> Bearer:
        return Bearer()


@dataclass
class Job:
    """The job, and who is changing it; `changes` are the PUTs and DELETEs that were sent, in their order."""

    cloud: Cloud
    tape: Tape
    settings: Settings = field(default_factory=lambda: Settings(fabric_quota=0, fabric_missing_delete=500))
    fabric: Fabric = field(default_factory=lambda: Fabric(NOON))
    late: list[tuple[float, Call]] = field(default_factory=list)
    writing: set[object] = field(default_factory=set)
    changes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.files.update(FOREIGN)

    @property
    def files(self) -> dict[str, bytes]:
        return self.fabric.jobs[JOB].files

    def answer(self, call: Call) -> Answer:
        return front.answer(self.fabric, call, self.settings, NOON + timedelta(seconds=self.cloud.now))

    def land(self) -> None:
        """Let those requests arrive whose time has come, although their answers are no longer waited for."""
        due = [call for when, call in self.late if when <= self.cloud.now]
        self.late = [(when, call) for when, call in self.late if when > self.cloud.now]
        for call in due:
            self.answer(call)


@dataclass
class Transport:
    """One worker's way to the job."""

    job: Job

    def send(
        self, method: str, url: Url, body: bytes | None, headers: Mapping[str, str], *, time_left_s: float
    ) -> RestAnswer:
        job, tape = self.job, self.job.tape
        until = job.cloud.now + time_left_s
        sent = {name.lower(): value for name, value in headers.items()}
        call = Call(method, url.path, dict(parse_qsl(url.query)), sent, ORIGIN, body or b"")
        job.cloud.pause()
        job.land()
        if job.cloud.now >= until:
            raise requests.ConnectTimeout
        if tape.happens(one_in=20):
            return RestAnswer(429, {"Retry-After": "30"}, b"{}")
        if method not in _CHANGES:
            return self._answered(call)
        return self._changed(call, until)

    def _changed(self, call: Call, until: float) -> RestAnswer:
        """Change the job, at once or later, while no other worker does."""
        job, me = self.job, greenlet.getcurrent()
        assert job.writing <= {me}, "two workers change the job at once"
        job.writing.add(me)
        job.changes.append(f"{call.method} {call.path.partition('/files/')[2]}")
        if job.tape.happens(one_in=8):
            job.late.append((job.cloud.now + job.tape.pick(LANDS_WITHIN_S), call))
            job.cloud.pause()
            job.writing.discard(me)
            raise requests.ReadTimeout
        answer = self._answered(call)
        job.cloud.pause()
        job.writing.discard(me)
        if job.cloud.now >= until or job.tape.happens(one_in=20):
            raise requests.ReadTimeout
        return answer

    def _answered(self, call: Call) -> RestAnswer:
        answer = self.job.answer(call)
        return RestAnswer(int(answer.status), dict(answer.headers), answer.payload())


class FabricSimulation(Simulation):
    """The relay, a folder and a job, against the adversary."""

    names: ClassVar[tuple[str, ...]] = ("dags/a.py", "dags/t/b.py", "plugins/c.py", "dags/d.py")

    def __init__(self, tape: Tape, *, workers: int, storage_fails: bool = True, job_fails: bool = False) -> None:
        self.job: Job | None = None
        self.job_fails = job_fails or storage_fails
        super().__init__(tape, workers=workers, storage_fails=storage_fails)

    def change_for(self, gaps: list[float]) -> None:
        """Write files, one after each gap, while the relay works, its storage is well, and the job is not."""
        for gap in gaps:
            self.write()
            noticing = self.workers[1]
            noticing.begin(noticing.notice)
            self.finish(noticing)
            until = self.cloud.now + gap
            while self.cloud.now < until:
                self._go_on()

    def calm_again(self) -> None:
        """Let a sweep find what has changed without an event."""
        self.last_write = self.cloud.now
        self.calm_down()

    def held(self) -> dict[str, bytes]:
        """Return what the job holds once every request has arrived that was ever sent."""
        assert self.job
        self.advance(max(LANDS_WITHIN_S))
        self.job.land()
        return dict(self.job.files)

    def wanted(self) -> dict[str, bytes]:
        return {name: blob.content[-1:].encode() for name, blob in self.cloud.folder.items()}

    def _process(self) -> Process:
        self.job = self.job or Job(self.cloud, self.tape if self.job_fails else Tape(b""))
        service = fabric_service(ORIGIN, SCOPE)
        caller = fabric_caller(service, Identity(), clock=lambda: self.cloud.now)
        vars(caller)["_transport"] = Transport(self.job)
        target = fabric.Fabric(caller, at_once=1)
        return Process(self.cloud, lambda: self.tape.byte() / 255, (ROUTE,), target=target)

    def _crash(self, worker: Worker) -> None:
        assert self.job
        self.job.writing.discard(worker.busy)
        super()._crash(worker)

    def _possible(self) -> list[Callable[[], object]]:
        return (
            [*super()._possible(), partial(self.advance, 90_000.0)]
            if self.tape.happens(one_in=200)
            else super()._possible()
        )


def job_equals_folder(simulation: FabricSimulation) -> None:
    """The job holds every file as it is now, and none that is gone."""
    assert {path: content for path, content in simulation.held().items() if path not in FOREIGN} == simulation.wanted()
    synced = simulation.state().synced
    assert synced
    assert synced.revision == simulation.cloud.list_folder(ROUTE).revision


def foreign_untouched(simulation: FabricSimulation) -> None:
    """Files that the relay did not send are as they were."""
    assert FOREIGN.items() <= simulation.held().items()


def each_change_once(simulation: FabricSimulation, expected: list[str]) -> None:
    """Each changed file is one call, an unchanged one none."""
    job: Any = simulation.job
    assert sorted(job.changes) == sorted(expected)
