"""One HTTP request to a service and its answer: no cookies, no `.netrc`, and no redirect is followed.

`requests` finds out how to connect, which is proxies and certificates; the requests themselves go straight to urllib3.
"""

import http.client
import io
import os
import socket
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import check_header_validity, get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from shared.errors import ServiceRefusal
from shared.rest.answers import RestAnswer
from shared.rest.urls import Service, Url, same

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

    def __init__(self, service: Service, *, trust_environment: bool = False) -> None:
        self._endpoint = service.endpoint
        self._trusted = trust_environment and service.encrypted

    @cached_property
    def _connections(self) -> HTTPConnectionPool:
        """The connections to the one endpoint: a request needs nothing that `requests` does anew for each."""
        proxies, verify = named_by_environment(self._endpoint) if self._trusted else ({}, True)
        return WholeAnswerAdapter(pool_maxsize=_CONNECTIONS).connections(self._endpoint, proxies, verify)

    def prepare(self) -> None:
        """Make what all connections share, like the certificates; none is opened."""
        _ = self._connections

    def send(
        self, method: str, url: Url, body: bytes | None, headers: Mapping[str, str], *, time_left_s: float
    ) -> RestAnswer:
        """Return the whole answer; raise one of `no_answer.RAISED` where there is none within the time left.

        Raises ServiceRefusal if the HTTP library would send the request elsewhere than meant.
        """
        meant = url.at(self._endpoint)
        if not same(meant, urllib3.util.parse_url(meant).url):
            raise ServiceRefusal("the HTTP library changed the URL", code="UrlChanged")
        for header in headers.items():
            check_header_validity(header)
        response = self._connections.urlopen(
            method,
            url.at(""),
            body,
            dict(headers),
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(
                total=max(time_left_s, _SHORTEST_TIMEOUT_S), connect=CONNECT_TIMEOUT_S, read=ANSWER_TIMEOUT_S
            ),
        )
        return RestAnswer(response.status, response.headers, response.data)


def named_by_environment(url: str) -> tuple[dict[str, str], bool | str]:
    """Return the proxies on the way to `url` and the bundle of certificates that the environment names, if it does."""
    return get_environ_proxies(url), next(filter(None, map(os.environ.get, _CERTIFICATES)), True)


class TimedReads(io.RawIOBase):
    """Reads from a socket until a point in time."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock = sock
        self._ends = ends
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - a buffer, as in the base class
        """Read what has arrived; raise TimeoutError when the time is over."""
        left_s = self._ends - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer did not end in time")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class _TimedSocket:
    """What `http.client.HTTPResponse` needs of a socket."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._reads = TimedReads(sock, ends)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reads)


class _WholeAnswerInTime:
    """Makes a connection's read timeout count for the whole answer, from its first line to its last byte."""

    timeout: float
    response_class: Any

    def getresponse(self) -> Any:  # noqa: ANN401 - urllib3's own type
        ends = time.monotonic() + self.timeout
        self.response_class = lambda sock, **kwargs: http.client.HTTPResponse(_TimedSocket(sock, ends), **kwargs)  # type: ignore[arg-type]
        return super().getresponse()  # type: ignore[misc]


class _HttpConnection(_WholeAnswerInTime, HTTPConnection):  # type: ignore[misc]
    pass


class _HttpsConnection(_WholeAnswerInTime, HTTPSConnection):  # type: ignore[misc]
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _HttpConnection  # type: ignore[assignment]


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection  # type: ignore[assignment]


class WholeAnswerAdapter(HTTPAdapter):
    """The HTTP library's adapter, with read timeouts that count for the whole answer."""

    def connections(self, origin: str, proxies: dict[str, str], verify: bool | str) -> HTTPConnectionPool:  # noqa: FBT001 - as in `requests`
        """Return the connections to one origin, as `send` would make them."""
        request = requests.Request("GET", origin).prepare()
        pool: Any = self.get_connection_with_tls_context(request, verify, proxies)
        self.cert_verify(pool, origin, verify, None)  # type: ignore[no-untyped-call]
        return cast("HTTPConnectionPool", pool)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as in the base class
        """Make the connections to ARM itself."""
        super().init_poolmanager(*args, **kwargs)
        _use_our_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the base class
        """Make the connections through an HTTP proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        if isinstance(manager, urllib3.ProxyManager):
            _use_our_pools(manager)
        return manager


def _use_our_pools(manager: urllib3.PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
