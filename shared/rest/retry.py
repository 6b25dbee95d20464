"""Whether and when a call is tried again: pure decisions.

Every call that goes through the caller is safe to repeat, so the method plays no part. PUT replaces the whole resource;
`airflow/sync` imports the same folder a second time, which overwrites files with themselves or skips them; GET, DELETE,
start and stop end in the same state. The stock pipelines of the SDKs, in contrast, do not retry a POST on 408, 429 and
502.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.errors import ServiceError, ServiceUnavailable, Throttled
from shared.rest.answers import RestAnswer
from shared.rest.backoff import BackOff
from shared.rest.error_bodies import UNAUTHORIZED, failure, may_have_acted
from shared.rest.no_answer import NoAnswer

_BACK_OFF = BackOff(base_s=0.5, cap_s=20.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How persistent a call is: attempts in all, and the waits between them.

    Where it `waits_for_quota`, attempts that were throttled do not count among those.
    """

    attempts: int = 6
    back_off: BackOff = _BACK_OFF
    waits_for_quota: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What else the decision depends on.

    `attempt` begins with 1, `throttled` attempts came before it; `jitter` is a random number from 0 to 1. `fresh_token`
    says that the token was replaced during this call already, `settle_s` is the least wait after an attempt that may
    have been carried out. `now` is our clock, for dates in `Retry-After`.
    """

    policy: RetryPolicy
    attempt: int
    time_left_s: float
    jitter: float
    throttled: int = 0
    budget_left: bool = True
    fresh_token: bool = False
    settle_s: float = 0.0
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `after_s` seconds."""

    after_s: float


@dataclass(frozen=True, slots=True)
class WaitForQuota:
    """Try again after `after_s` seconds, which costs neither an attempt nor a part of the budget of retries."""

    after_s: float


@dataclass(frozen=True, slots=True)
class RetryWithFreshToken:
    """Try again at once with another token; `challenge` is ARM's `WWW-Authenticate`."""

    challenge: str = ""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Raise this."""

    error: ServiceError


def retry_decision(
    outcome: RestAnswer | NoAnswer, situation: Situation
) -> Retry | WaitForQuota | RetryWithFreshToken | GiveUp:
    """Return what to do after an attempt that failed.

    A wait that is longer than the time left is handed to the caller in the exception's `retry_after_s`.
    """
    error = failure(outcome, situation.now)
    last = situation.attempt >= situation.policy.attempts
    if isinstance(outcome, RestAnswer) and outcome.status == UNAUTHORIZED and not (last or situation.fresh_token):
        return RetryWithFreshToken(outcome.headers.get("WWW-Authenticate", ""))
    if isinstance(error, Throttled) and situation.policy.waits_for_quota:
        wait_s = situation.policy.back_off.wait_s(situation.throttled + 1, situation.jitter, error.retry_after_s or 0.0)
        return WaitForQuota(wait_s) if wait_s < situation.time_left_s else _give_up(error, wait_s)
    if not isinstance(error, ServiceUnavailable) or last or not situation.budget_left:
        return GiveUp(error)
    settle_s = situation.settle_s if may_have_acted(outcome) else 0.0
    floor_s = max(error.retry_after_s or 0.0, settle_s)
    wait_s = situation.policy.back_off.wait_s(situation.attempt, situation.jitter, floor_s)
    return Retry(wait_s) if wait_s < situation.time_left_s else _give_up(error, wait_s)


def _give_up(error: ServiceUnavailable, wait_s: float) -> GiveUp:
    """Hand a wait that is too long to the caller."""
    if error.retry_after_s is None:
        error.retry_after_s = wait_s
    return GiveUp(error)
