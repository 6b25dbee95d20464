"""The caller of Azure's REST APIs: token, timeouts, retries, deadline, errors, a log line per attempt."""

import logging
import random
import time
from collections.abc import Callable, Mapping

from shared.adf.secrets import secrets_in
from shared.errors import NoToken, ServiceError, ServiceUnavailable, Throttled, UnexpectedAnswer
from shared.rest.answers import RestAnswer
from shared.rest.call import Request, RestCall
from shared.rest.error_bodies import may_have_acted
from shared.rest.limits import Pace, RetryBudget
from shared.rest.no_answer import RAISED, NoAnswer
from shared.rest.retry import GiveUp, Retry, RetryPolicy, RetryWithFreshToken, Situation, WaitForQuota, retry_decision
from shared.rest.tokens import Credential, Tokens
from shared.rest.transport import Transport
from shared.rest.urls import Service
from shared.telemetry import metrics
from shared.telemetry.tracing import outgoing

log = logging.getLogger(__name__)

_OUTCOMES: Mapping[type[ServiceError], metrics.ArmOutcome] = {
    ServiceUnavailable: "unavailable",
    UnexpectedAnswer: "unavailable",
    Throttled: "unavailable",
    NoToken: "no token",
}


class RestCaller:
    """Calls one service; one per process, since it keeps connections, token and retry budget; safe for many threads.

    Clock, sleep and random are parameters, so that a test decides about them. `trust_environment` allows proxies and
    certificates that the environment names.
    """

    def __init__(  # noqa: PLR0913 - all but the first two have a default
        self,
        service: Service,
        credential: Credential,
        *,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        budget: RetryBudget | None = None,
        trust_environment: bool = False,
    ) -> None:
        self.service = service
        self.clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._policy = policy or RetryPolicy()
        self._budget = budget or RetryBudget()
        self._pace = Pace(clock)
        self._tokens = Tokens(credential, service.scope, clock, service.title)
        self._transport = Transport(service, trust_environment=trust_environment)

    def call(self, call: RestCall, *, deadline_s: float) -> RestAnswer:
        """Return the service's 2xx answer within `deadline_s` seconds, waits included.

        Raises ServiceRefusal for a non-retryable error, ServiceUnavailable when attempts, time or the budget of retries
        are used up or the service asks for a longer wait than there is time, Throttled when that is for the quota's
        sake, NoToken when our identity got no token.
        """
        request = Request.of(call, self.clock() + deadline_s)
        try:
            answer = self._result(request)
        except ServiceError as error:
            error.may_have_acted = request.unclear
            metrics.arm_called(call.operation, _OUTCOMES.get(type(error), "refused"))
            raise
        metrics.arm_called(call.operation, "ok")
        return answer

    def prepare(self) -> None:
        """Begin to get a token and make what connections need, for the first call not to wait for it."""
        self._tokens.ask()
        self._transport.prepare()

    def check_token(self, *, deadline_s: float) -> None:
        """Raise NoToken if our own identity gets no token within `deadline_s` seconds."""
        self._tokens.get(deadline_s)

    def _result(self, request: Request) -> RestAnswer:
        while True:
            self._await_turn(request)
            request.attempts += 1
            outcome = self._attempt(request)
            if isinstance(outcome, RestAnswer) and request.call.is_fulfilled_by(outcome):
                self._budget.earn(request.attempts)
                return outcome
            request.unclear = request.unclear or may_have_acted(outcome)
            self._prepare_another(request, outcome)

    def _time_left_s(self, request: Request) -> float:
        left_s = request.ends - self.clock()
        if left_s <= 0:
            raise ServiceUnavailable("the time for the call is over", code="OutOfTime")
        return left_s

    def _await_turn(self, request: Request) -> None:
        while wait_s := self._pace.turn(request.call.method):
            if wait_s >= self._time_left_s(request):
                raise Throttled("the quota is used up for now", code="QuotaUsedUp", retry_after_s=wait_s)
            self._sleep(wait_s)

    def _attempt(self, request: Request) -> RestAnswer | NoAnswer:
        token = self._tokens.get(self._time_left_s(request))
        started = self.clock()
        outcome = self._send(request, token)
        self._log(request, outcome, self.clock() - started)
        if isinstance(outcome, NoAnswer):
            return outcome
        quota = outcome.quota
        self._pace.note(request.call.method, quota)
        metrics.arm_left(quota)
        if request.call.is_fulfilled_by(outcome):
            return outcome
        return outcome.without(token, *secrets_in(request.call.body))

    def _send(self, request: Request, token: str) -> RestAnswer | NoAnswer:
        call, left_s = request.call, self._time_left_s(request)
        with outgoing(f"ARM {call.operation}", call.method) as step:
            headers = {**request.headers, **step.headers, "Authorization": f"Bearer {token}"}
            try:
                answer = self._transport.send(call.method, call.url, request.body, headers, time_left_s=left_s)
            except RAISED as error:
                step.answered(None)
                # Only its names go on: the exception itself holds the URL and the token.
                return NoAnswer.of(error)
            step.answered(answer.status)
            return answer

    def _prepare_another(self, request: Request, outcome: RestAnswer | NoAnswer) -> None:
        """Get ready for another attempt after one that failed, or raise."""
        situation = Situation(
            policy=self._policy,
            attempt=request.attempts,
            throttled=request.throttled,
            time_left_s=request.ends - self.clock(),
            jitter=self._jitter(),
            budget_left=self._budget.allows_retry,
            fresh_token=request.fresh_token,
            settle_s=request.call.settle_s,
        )
        match retry_decision(outcome, situation):
            case GiveUp(error):
                raise error
            case RetryWithFreshToken(challenge):
                metrics.arm_retried("401")
                self._tokens.renew(challenge, self._time_left_s(request))
                request.fresh_token = True
            case WaitForQuota(after_s):
                metrics.arm_retried(_told(outcome))
                request.attempts -= 1
                request.throttled += 1
                self._pace.used_up(request.call.method)
                self._sleep(after_s)
            case Retry(after_s):
                metrics.arm_retried(_told(outcome))
                self._budget.spend()
                self._sleep(after_s)

    def _log(self, request: Request, outcome: RestAnswer | NoAnswer, took_s: float) -> None:
        answer = outcome if isinstance(outcome, RestAnswer) else None
        log.info(
            "%s %s: %s %s #%d/%d: %s in %.0f ms, client request %s, request %s, correlation %s",
            self.service.name,
            request.call.operation,
            request.call.method,
            request.call.url.template(self.service.words),
            request.attempts,
            self._policy.attempts,
            _told(outcome),
            took_s * 1000,
            request.client_request_id,
            answer and answer.request_id,
            (answer and answer.correlation_id) or request.correlation_id,
        )


def _told(outcome: RestAnswer | NoAnswer) -> str:
    """Return an attempt's end in a word: the status, or how far it came."""
    return str(outcome.status) if isinstance(outcome, RestAnswer) else outcome.reach.value
