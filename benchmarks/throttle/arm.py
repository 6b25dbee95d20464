"""ARM as far as its throttle goes: the emulator's buckets, in virtual time, in front of environments that are ready."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from requests.structures import CaseInsensitiveDict

from benchmarks.throttle.virtual_time import VirtualTime
from local.arm.throttle import Throttle, kind_of
from shared.rest.answers import RestAnswer
from shared.rest.urls import Url

# In seconds, for each call. An assumption: no live ARM was measured.
LATENCY_S = 0.2
_TOO_MANY = 429
_READY = {"name": "any", "etag": "1", "properties": {"type": "Airflow", "state": "Started"}}


@dataclass
class ThrottledArm:
    """Stands in for `Transport`; `answers` counts by status, `last_sync` is when the last sync was accepted."""

    time: VirtualTime
    answers: Counter[int] = field(default_factory=Counter)
    last_sync: float = 0.0
    _throttle: Throttle = field(default_factory=Throttle)

    def send(
        self,
        method: str,
        url: Url,  # noqa: ARG002 - all environments are alike
        body: bytes | None,  # noqa: ARG002 - so are all syncs
        headers: Mapping[str, str],  # noqa: ARG002
        *,
        time_left_s: float,  # noqa: ARG002 - calls never take longer than the latency
    ) -> RestAnswer:
        """Return ARM's answer."""
        answer = self.answer(method)
        self.time.sleep(LATENCY_S)
        return answer

    def answer(self, method: str) -> RestAnswer:
        """Take a request out of the bucket, or refuse it."""
        kind, now = kind_of(method), self.time.exactly()
        wait_s = self._throttle.take("relay", kind, now)
        left = str(self._throttle.remaining("relay", kind, now))
        headers = CaseInsensitiveDict({f"x-ms-ratelimit-remaining-subscription-{kind}": left})
        status = _TOO_MANY if wait_s else (200 if method == "GET" else 202)
        self.answers[status] += 1
        if wait_s:
            headers["Retry-After"] = str(wait_s)
            return RestAnswer(status, headers, b'{"error": {"code": "TooManyRequests", "message": "Later."}}')
        if method == "POST":
            self.last_sync = self.time.seconds
        return RestAnswer(status, headers, json.dumps(_READY).encode() if method == "GET" else b"")
