"""The one way to Azure Resource Manager: token, timeouts, retries, deadline, errors, a log line per attempt."""

import itertools
import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.arm.answers import ArmAnswer
from shared.arm.attempts import GiveUp, Retry, RetryPolicy, RetryWithFreshToken, Situation, decide
from shared.arm.budget import RetryBudget
from shared.arm.clouds import Cloud
from shared.arm.failures import may_have_acted
from shared.arm.no_answer import RAISED, NoAnswer
from shared.arm.pace import Pace
from shared.arm.tokens import Credential, Tokens
from shared.arm.transport import Transport
from shared.arm.urls import ArmUrl
from shared.errors import ArmError, ArmRefusal, ArmUnavailable

log = logging.getLogger(__name__)

_HEADERS = {"Accept": "application/json", "User-Agent": "dag-relay"}


@dataclass(frozen=True, slots=True)
class ArmCall:
    """One call, which has to be safe to repeat.

    `path` is an ARM id or lies below one (`ArmUrl.to(*id.segments, …)`, or the id as text); `operation` names it in
    logs. `headers` are further ones, like `If-Match`. `body` is any JSON value; None sends none.
    """

    operation: str
    method: str
    path: str | ArmUrl
    body: object = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> ArmUrl:
        """Where it goes; raises ValueError for a path that a client would change."""
        return self.path if isinstance(self.path, ArmUrl) else ArmUrl.to(*self.path.split("/")[1:])


class ArmCaller:
    """Calls ARM; one per process, since it keeps connections, the token and the retry budget; safe for many threads.

    Clock, sleep and random are parameters, so that a test decides about them. `trust_environment` allows proxies and
    certificates that the environment names.
    """

    def __init__(  # noqa: PLR0913 - all but the first two have a default
        self,
        cloud: Cloud,
        credential: Credential,
        *,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        budget: RetryBudget | None = None,
        trust_environment: bool = False,
    ) -> None:
        self.cloud = cloud
        self.clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._policy = policy or RetryPolicy()
        self._budget = budget or RetryBudget()
        self._pace = Pace(clock)
        self._tokens = Tokens(credential, cloud.scope, clock)
        self._transport = Transport(cloud, trust_environment=trust_environment)

    def call(self, call: ArmCall, *, deadline_s: float) -> ArmAnswer:
        """Return ARM's 2xx answer within `deadline_s` seconds, waits included.

        Raises ArmRefusal for an error that trying again does not mend, ArmUnavailable when attempts, time or the budget
        of retries are used up or ARM asks for a longer wait than there is time, NoToken when our own identity got no
        token.
        """
        request = _Request.of(call, self.clock() + deadline_s)
        for attempt in itertools.count(1):
            self._keep_pace(request)
            outcome = self._attempt(request, attempt)
            if isinstance(outcome, ArmAnswer) and outcome.ok:
                self._budget.earn(attempt)
                return outcome
            self._prepare_another(request, outcome, attempt)
        raise AssertionError("unreachable: an attempt succeeds, is followed by another one, or the call ends with it")

    def _time_left_s(self, request: "_Request") -> float:
        left_s = request.ends - self.clock()
        if left_s <= 0:
            raise _ended(ArmUnavailable("the time for the call is over", code="OutOfTime"), request)
        return left_s

    def _keep_pace(self, request: "_Request") -> None:
        wait_s = self._pace.wait_s(request.call.method)
        if 0 < wait_s < self._time_left_s(request):
            self._sleep(wait_s)

    def _attempt(self, request: "_Request", attempt: int) -> ArmAnswer | NoAnswer:
        token = self._tokens.get(self._time_left_s(request))
        started = self.clock()
        outcome = self._send(request, token)
        self._log(request, attempt, outcome, self.clock() - started)
        if isinstance(outcome, NoAnswer):
            return outcome
        self._pace.note(request.call.method, outcome.quota)
        return outcome if outcome.ok else outcome.without(token)

    def _send(self, request: "_Request", token: str) -> ArmAnswer | NoAnswer:
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        left_s = self._time_left_s(request)
        try:
            return self._transport.send(request.call.method, request.url, request.body, headers, time_left_s=left_s)
        except RAISED as error:
            # Only its names go on: the exception itself holds the URL and the token.
            return NoAnswer.of(error)

    def _prepare_another(self, request: "_Request", outcome: ArmAnswer | NoAnswer, attempt: int) -> None:
        """Get ready for another attempt after one that failed, or raise."""
        situation = Situation(
            policy=self._policy,
            attempt=attempt,
            time_left_s=request.ends - self.clock(),
            jitter=self._jitter(),
            budget_left=self._budget.allows_retry,
            fresh_token=request.fresh_token,
        )
        match decide(outcome, situation):
            case GiveUp(error):
                raise _ended(error, request)
            case RetryWithFreshToken(challenge):
                self._tokens.renew(challenge, self._time_left_s(request))
                request.fresh_token = True
            case Retry(after_s):
                self._budget.spend()
                self._sleep(after_s)
        request.unclear = request.unclear or may_have_acted(outcome)

    def _log(self, request: "_Request", attempt: int, outcome: ArmAnswer | NoAnswer, took_s: float) -> None:
        answer = outcome if isinstance(outcome, ArmAnswer) else None
        log.info(
            "arm %s: %s %s #%d/%d: %s in %.0f ms, client request %s, request %s, correlation %s",
            request.call.operation,
            request.call.method,
            request.url.template,
            attempt,
            self._policy.attempts,
            outcome.status if isinstance(outcome, ArmAnswer) else outcome.reach.value,
            took_s * 1000,
            request.headers["x-ms-client-request-id"],
            answer and answer.request_id,
            answer and answer.correlation_id,
        )


@dataclass(slots=True)
class _Request:
    """A call on its way: what all its attempts share, and what is known after those that failed."""

    call: ArmCall
    url: ArmUrl
    body: bytes | None
    headers: dict[str, str]
    ends: float
    unclear: bool = False
    fresh_token: bool = False

    @classmethod
    def of(cls, call: ArmCall, ends: float) -> "_Request":
        """Make what goes on the wire; raise ArmRefusal where that is not possible."""
        headers = {**_HEADERS, "x-ms-client-request-id": str(uuid.uuid4()), **call.headers}
        try:
            url, body = call.url, None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        except (ValueError, TypeError) as error:
            raise ArmRefusal(str(error), code="NotSendable") from error
        if body is not None:
            headers["Content-Type"] = "application/json"
        return cls(call, url, body, headers, ends)


def _ended(error: ArmError, request: _Request) -> ArmError:
    error.may_have_acted = request.unclear
    return error
