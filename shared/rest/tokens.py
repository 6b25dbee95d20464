"""Bearer tokens: requested in time, replaced when the service refuses one."""

import base64
import binascii
import json
import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import NoToken

log = logging.getLogger(__name__)

# The credential has a cache and renews its tokens by rules of its own, so it is asked again soon.
_KEPT_S = 60.0
_CLOCK_SKEW_S = 300
_CHALLENGE = re.compile(r'\bclaims="([A-Za-z0-9+/_=-]+)"')


class Token(Protocol):
    """What azure-core calls an AccessToken."""

    @property
    def token(self) -> str:
        """The bearer token."""


class Credential(Protocol):
    """What azure-identity calls a TokenCredential; `claims` is given only when a token was refused."""

    def get_token(self, *scopes: str) -> Token:
        """Return a token for the scopes or raise."""


@dataclass(slots=True)
class Tokens:
    """The token for one scope, for many threads; `service` is who takes it, in words.

    The credential is asked in a thread of its own and by one at a time, since its timeouts are far longer than a call
    may last (azure-identity waits minutes for an identity endpoint that hangs).
    """

    credential: Credential
    scope: str
    clock: Callable[[], float] = time.monotonic
    service: str = "the service"
    _token: str | None = field(default=None, repr=False)
    _kept_until: float = 0.0
    _pending: "Future[str] | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def ask(self) -> None:
        """Ask for a token without waiting for it: `get` will, and reports what comes of it."""
        with self._lock:
            self._pending = self._pending or self._ask({})

    def get(self, within_s: float) -> str:
        """Return a token, the last one while it is new; raise NoToken if there is none within `within_s` seconds."""
        with self._lock:
            if self._token is not None and self.clock() < self._kept_until:
                return self._token
            future = self._pending = self._pending or self._ask({})
        return self._wait(future, within_s)

    def renew(self, challenge: str, within_s: float) -> str:
        """Return a token that does not come from the credential's cache; `challenge` is ARM's `WWW-Authenticate`."""
        with self._lock:
            future = self._pending = self._ask({"claims": _claims(challenge)})
        return self._wait(future, within_s)

    def _ask(self, extra: dict[str, str]) -> "Future[str]":
        future: Future[str] = Future()
        threading.Thread(target=self._run, args=(future, extra), name="ARM token", daemon=True).start()
        return future

    def _run(self, future: "Future[str]", extra: dict[str, str]) -> None:
        try:
            token = self.credential.get_token(self.scope, **extra).token
        except Exception as error:  # noqa: BLE001 - whatever the credential raises, the call has no token
            self._done(future, None)
            future.set_exception(error)
        else:
            self._done(future, token)
            future.set_result(token)

    def _done(self, future: "Future[str]", token: str | None) -> None:
        with self._lock:
            self._token, self._kept_until = token, self.clock() + _KEPT_S
            if self._pending is future:
                self._pending = None

    def _wait(self, future: "Future[str]", within_s: float) -> str:
        try:
            return future.result(within_s)
        except Exception as error:  # noqa: BLE001 - as above
            # The credential's message lists what it tried; it holds no secret, but nothing for the caller either.
            log.error("no token for %s: %s: %s", self.scope, type(error).__name__, error)  # noqa: TRY400 - it says it all
        # Raised outside, so that no request of the credential hangs on to the exception.
        raise NoToken(f"the app's identity got no token for {self.service}", code="NoToken")


def _claims(challenge: str) -> str:
    """Return the claims that ARM asks for, or else those that every new token fulfils; either bypasses caches."""
    if found := _CHALLENGE.search(challenge):
        try:
            return base64.urlsafe_b64decode(found[1].translate({43: "-", 47: "_"}) + "==").decode()
        except (binascii.Error, ValueError):
            log.info("a claims challenge of ARM could not be read")
    not_before = {"essential": True, "value": str(int(time.time()) - _CLOCK_SKEW_S)}
    return json.dumps({"access_token": {"nbf": not_before}})
