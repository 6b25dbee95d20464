"""The way to the receiver of notifications: one signed POST, short timeouts, no redirect, nothing said of its URL."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from shared.errors import NotDelivered
from shared.rest.answers import RestAnswer, retry_after_s
from shared.rest.no_answer import RAISED, NoAnswer
from shared.rest.transport import WholeAnswerAdapter, named_by_environment
from shared.setting_values import SecretText
from shared.webhooks.standard import Secret, sign

# To connect, and from then on for the answer.
_TIMEOUTS_S = (3.0, 10.0)

_delivering = threading.local()


@dataclass(frozen=True, slots=True)
class HttpReceiver:
    """Where notifications are posted to.

    Chat services put their secret into the URL, so it is in no log, no error and no `repr`. Proxies and certificates
    that the environment names are used only if it is trusted, and never for a loopback address.
    """

    url: SecretText
    secrets: tuple[Secret, ...] = ()
    trust_environment: bool = False
    clock: Callable[[], float] = time.time

    def post(self, message_id: str, body: bytes) -> None:
        """Return once the receiver answered 2xx; raise NotDelivered if it does not, or not within the timeouts."""
        try:
            with _unlogged():
                answer = self._send(message_id, body)
        except RAISED as error:
            reason = NoAnswer.of(error).reason
        else:
            if answer.ok:
                return
            raise NotDelivered(f"the receiver answered {answer.status}", retry_after_s=retry_after_s(answer))
        # Outside of `except`: the exception that was caught holds the URL.
        raise NotDelivered(f"no answer from the receiver: {reason}")

    def _send(self, message_id: str, body: bytes) -> RestAnswer:
        url = self.url.reveal()
        request = requests.PreparedRequest()
        request.prepare(method="POST", url=url, headers=self._headers(message_id, body), data=body)
        trusted = self.trust_environment and urlsplit(url).scheme == "https"
        proxies, verify = named_by_environment(url) if trusted else ({}, True)
        with closing(WholeAnswerAdapter()) as adapter:
            response = adapter.send(request, stream=True, timeout=_TIMEOUTS_S, verify=verify, proxies=proxies)
            response.close()
        return RestAnswer(response.status_code, response.headers, b"")

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        timestamp = int(self.clock())
        signatures = " ".join(sign(secret, message_id, timestamp, body) for secret in self.secrets)
        return {
            "Content-Type": "application/json",
            "User-Agent": "dag-relay",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
        } | ({"webhook-signature": signatures} if signatures else {})


@contextmanager
def _unlogged() -> Iterator[None]:
    _delivering.now = True
    try:
        yield
    finally:
        _delivering.now = False


def _may_be_logged(_record: logging.LogRecord) -> bool:
    return not getattr(_delivering, "now", False)


# What these log has the path of the URL, when debugging and when an answer is malformed.
for _library in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_library).addFilter(_may_be_logged)
