"""The one way to Azure Resource Manager: token, timeouts, retries, deadline, errors, a log line per attempt."""

import itertools
import logging
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import requests

from shared.arm.answers import ArmAnswer
from shared.arm.attempts import RETRYABLE, RetryPolicy, retry_after_s
from shared.errors import ArmError, ArmRefusal, ArmUnavailable, NoToken

if TYPE_CHECKING:
    from shared.arm.clouds import Cloud

log = logging.getLogger(__name__)

API_VERSION = "2018-06-01"
CONNECT_TIMEOUT_S = 5.0
# ARM itself gives up on a resource provider after 60 s and answers 504.
READ_TIMEOUT_S = 65.0


class Token(Protocol):
    """What azure-core calls an AccessToken."""

    @property
    def token(self) -> str:
        """The bearer token."""


class Credential(Protocol):
    """What azure-identity calls a TokenCredential; it caches and renews its tokens itself."""

    def get_token(self, *scopes: str) -> Token:
        """Return a token for the scopes or raise."""


@dataclass(frozen=True, slots=True)
class ArmCall:
    """One call: `path` is an ARM id or lies below one, `operation` names it in logs, where no path is written."""

    operation: str
    method: str
    path: str
    body: object = None


class ArmCaller:
    """Calls ARM with one session per process; safe for many threads.

    Clock, sleep and random are parameters, so that a test decides about them.
    """

    def __init__(  # noqa: PLR0913 - four of them have a default that only a test replaces
        self,
        cloud: "Cloud",
        credential: Credential,
        *,
        policy: RetryPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._cloud = cloud
        self._credential = credential
        self._policy = policy or RetryPolicy()
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._session = requests.Session()
        # Proxies and .netrc of the environment must not see or replace a token.
        self._session.trust_env = False

    def call(self, call: ArmCall, *, deadline_s: float) -> ArmAnswer:
        """Return ARM's 2xx answer within `deadline_s` seconds, waits included.

        Raises ArmRefusal for an error that trying again does not mend, ArmUnavailable when attempts or time are used
        up or ARM asks for a longer wait than there is time, NoToken when our own identity got no token.
        """
        give_up_at = self._clock() + deadline_s
        client_request_id = str(uuid.uuid4())
        for attempt in itertools.count(1):
            try:
                return self._attempt(call, client_request_id, attempt, give_up_at - self._clock())
            except ArmUnavailable as failure:
                wait_s = self._policy.wait_s(attempt, failure.retry_after_s, self._jitter)
                if attempt == self._policy.attempts or self._clock() + wait_s >= give_up_at:
                    raise
                self._sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, call: ArmCall, client_request_id: str, attempt: int, time_left_s: float) -> ArmAnswer:
        """Return a 2xx answer; raise ArmUnavailable for what is worth another attempt, ArmRefusal for what is not."""
        started = self._clock()
        try:
            answer = self._send(call, client_request_id, time_left_s)
        except requests.RequestException as error:
            failure = _no_answer(error)
            self._log(call, attempt, started, failure.code, client_request_id)
            raise failure from error
        self._log(call, attempt, started, str(answer.status), answer.request_id or client_request_id)
        if not answer.ok:
            raise _failure(answer)
        return answer

    def _send(self, call: ArmCall, client_request_id: str, time_left_s: float) -> ArmAnswer:
        response = self._session.request(
            call.method,
            self._cloud.endpoint + call.path,
            params={"api-version": API_VERSION},
            json=call.body,
            headers={"Authorization": f"Bearer {self._token()}", "x-ms-client-request-id": client_request_id},
            timeout=(min(CONNECT_TIMEOUT_S, time_left_s), min(READ_TIMEOUT_S, time_left_s)),
            allow_redirects=False,
        )
        return ArmAnswer(response.status_code, response.headers, response.content)

    def _token(self) -> str:
        from azure.core.exceptions import AzureError

        try:
            return self._credential.get_token(self._cloud.scope).token
        except AzureError as error:
            # The credential's message lists what it tried; it holds no secret, but nothing for the caller either.
            log.error("no token for %s: %s", self._cloud.scope, error)  # noqa: TRY400 - the message says it all
            raise NoToken("the app's identity got no token for ARM", code="NoToken") from error

    def _log(self, call: ArmCall, attempt: int, started: float, outcome: str, request_id: str) -> None:
        log.info(
            "arm %s #%d/%d: %s in %.0f ms, request %s",
            call.operation,
            attempt,
            self._policy.attempts,
            outcome,
            (self._clock() - started) * 1000,
            request_id,
        )


def _no_answer(error: requests.RequestException) -> ArmUnavailable:
    # The text of the exception holds the URL; the class says what happened.
    return ArmUnavailable(f"no answer: {type(error).__name__}", code="NoAnswer")


def _failure(answer: ArmAnswer) -> ArmError:
    code, message = answer.error()
    if answer.status not in RETRYABLE:
        return ArmRefusal(message, code=code, status=answer.status, request_id=answer.request_id)
    return ArmUnavailable(
        message,
        code=code,
        status=answer.status,
        request_id=answer.request_id,
        retry_after_s=retry_after_s(answer.headers),
    )
