"""One HTTP request to ARM and its answer: no session, so no cookies, no `.netrc`, and no redirect is followed."""

import os
from collections.abc import Mapping

import requests
import urllib3
from requests.utils import get_environ_proxies

from shared.arm.answers import ArmAnswer
from shared.arm.clouds import Cloud
from shared.arm.urls import ArmUrl, same
from shared.arm.whole_answer import WholeAnswerAdapter
from shared.errors import ArmRefusal

CONNECT_TIMEOUT_S = 5.0
# ARM itself gives up on a resource provider after 60 s and answers 504.
ANSWER_TIMEOUT_S = 65.0
_CONNECTIONS = 32
# The variables in which `requests` looks for a bundle of certificates.
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SHORTEST_TIMEOUT_S = 0.001


class Transport:
    """Sends requests to one cloud; safe for many threads.

    Proxies and certificates named by the environment are used only if it is trusted, and never on the way to a
    loopback address, which is the only one that gets a token in plain text.
    """

    def __init__(self, cloud: Cloud, *, trust_environment: bool = False) -> None:
        self._endpoint = cloud.endpoint
        self._adapter = WholeAnswerAdapter(pool_maxsize=_CONNECTIONS)
        self._proxies: dict[str, str] = {}
        self._verify: bool | str = True
        if trust_environment and cloud.encrypted:
            self._proxies, self._verify = named_by_environment(self._endpoint)

    def send(
        self, method: str, url: ArmUrl, body: bytes | None, headers: Mapping[str, str], *, time_left_s: float
    ) -> ArmAnswer:
        """Return the whole answer; raise one of `no_answer.RAISED` where there is none within the time left.

        Raises ArmRefusal if the HTTP library would send the request elsewhere than meant.
        """
        meant = url.at(self._endpoint)
        request = requests.PreparedRequest()
        request.prepare(method=method, url=meant, headers=dict(headers), data=body)
        if not same(meant, request.url or ""):
            raise ArmRefusal("the HTTP library changed the URL", code="UrlChanged")
        left_s = max(time_left_s, _SHORTEST_TIMEOUT_S)
        timeout = urllib3.Timeout(total=left_s, connect=CONNECT_TIMEOUT_S, read=ANSWER_TIMEOUT_S)
        response = self._adapter.send(
            request,
            timeout=timeout,  # type: ignore[arg-type]
            verify=self._verify,
            proxies=self._proxies,
        )
        return ArmAnswer(response.status_code, response.headers, response.content)


def named_by_environment(url: str) -> tuple[dict[str, str], bool | str]:
    """Return the proxies on the way to `url` and the bundle of certificates that the environment names, if it does."""
    return get_environ_proxies(url), next(filter(None, map(os.environ.get, _CERTIFICATES)), True)
