"""The way to a Fabric job in virtual time: so many calls at once, each of the same length, and the job's quota.

The job is the emulator's own; only the time is not real.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from local.arm.exchange import Answer, Call
from local.arm.identity import token
from local.arm.settings import Settings
from local.fabric import front
from local.fabric.state import JOB, Fabric
from shared.rest.answers import RestAnswer
from shared.rest.urls import Url
from tests.unit.memory import NOON, Clock

LANES = 4
# Seconds, for reading a file and sending it, or for any other call. An assumption, not measured.
LATENCY_S = 0.25
ORIGIN = "http://127.0.0.1:1"


@dataclass
class Lanes(Clock):
    """A clock with one time for each lane: threads of a pool share the lanes, the main thread waits for all of them."""

    free_at: list[float] = field(default_factory=lambda: [0.0] * LANES)
    crew: set[threading.Thread] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def time(self) -> float:
        """Seconds after the start, as the calling thread sees them."""
        in_pool = threading.current_thread() is not threading.main_thread()
        return min(self.free_at) if in_pool else max(self.free_at)

    def now(self) -> datetime:
        """Return the storage service's time, in whole seconds."""
        return (NOON + timedelta(seconds=self.time)).replace(microsecond=0)

    def monotonic(self) -> float:
        """Return the process's own clock."""
        return 1000.0 + self.time

    def pass_by(self, seconds: float) -> None:
        """Let time pass for all lanes."""
        self.free_at = [max(self.free_at) + seconds] * len(self.free_at)

    def occupy(self, seconds: float) -> float:
        """Occupy the lane that is free first, or all of them from the main thread; return when that begins."""
        thread = threading.current_thread()
        if thread is threading.main_thread():
            self.pass_by(seconds)
            return max(self.free_at) - seconds
        if thread not in self.crew:
            self._join_crew(thread)
        lane = self.free_at.index(min(self.free_at))
        self.free_at[lane] += seconds
        return self.free_at[lane] - seconds

    def _join_crew(self, thread: threading.Thread) -> None:
        """Note a thread of a pool; a new pool begins when all calls of the last one have ended."""
        if not any(other.is_alive() for other in self.crew):
            self.crew.clear()
            self.pass_by(0.0)
        self.crew.add(thread)


@dataclass
class Wire:
    """The job with its quota (calls a minute, 0 for none), and what was sent to it; stands in for `Transport`."""

    quota: int
    lanes: Lanes = field(default_factory=Lanes)
    fabric: Fabric = field(default_factory=lambda: Fabric(NOON))
    calls: Counter[str] = field(default_factory=Counter)
    span: tuple[float, float] | None = None

    def send(
        self,
        method: str,
        url: Url,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        time_left_s: float,  # noqa: ARG002 - calls never take longer than the latency
    ) -> RestAnswer:
        """Return the job's answer."""
        sent = {name.lower(): value for name, value in headers.items()}
        answer = self.answer(Call(method, url.path, dict(parse_qsl(url.query)), sent, ORIGIN, body or b""))
        return RestAnswer(int(answer.status), dict(answer.headers), answer.payload())

    def answer(self, call: Call) -> Answer:
        """Answer a call, and let it take its time."""
        settings = Settings(fabric_quota=self.quota)
        with self.lanes.lock:
            begins = self.lanes.occupy(LATENCY_S)
            answer = front.answer(self.fabric, call, settings, NOON + timedelta(seconds=begins))
            self.calls["refused" if answer.status == 429 else call.method] += 1  # noqa: PLR2004 - too many requests
            self.span = (self.span[0] if self.span else begins, begins + LATENCY_S)
            return answer

    def start_counting(self) -> None:
        """Forget what was sent so far; what follows begins with a fresh minute of the quota."""
        self.lanes.pass_by(60.0 - self.lanes.time % 60.0)
        self.calls.clear()
        self.span = None

    @property
    def seconds(self) -> float:
        """How long it took from the first call to the end of the last one."""
        return self.span[1] - self.span[0] if self.span else 0.0

    @property
    def held(self) -> Mapping[str, bytes]:
        """What the job holds."""
        return self.fabric.jobs[JOB].files


@dataclass(frozen=True)
class Bearer:
    """A token that never ends."""

    token: str = token("https://api.fabric.microsoft.com", "relay", 0, 10**11)


class Identity:
    """What azure-identity calls a credential."""

    def get_token(self, *_scopes: str, **_options: str) -> Bearer:
        """Return the token."""
        return Bearer()
