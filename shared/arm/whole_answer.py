"""A deadline for a whole answer: a socket's own timeout begins anew with every byte that drips in."""

import http.client
import io
import socket
import time
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


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
