"""What only a socket can do: answers that drip, never come or lie, proxies, and servers that echo the token."""

import json
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.arm.clouds import arm_service, resource_url
from shared.errors import ServiceRefusal, ServiceUnavailable
from shared.rest.call import RestCall
from shared.rest.caller import RestCaller
from shared.rest.retry import RetryPolicy
from shared.rest.transport import TimedReads
from shared.rest.urls import Url
from tests.integration.socket_server import SocketServer

TOKEN = "eyJ-a-canary"  # noqa: S105 - looks like one
GET = RestCall("test", "GET", resource_url("subscriptions", "12345678-1234-1234-1234-123456789012"))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Behaviour = Callable[[socket.socket, bytes, threading.Event], None]


class Server(SocketServer):
    """Reads the head of each request and then behaves as it is told."""

    def __init__(self) -> None:
        self.behaviours: list[Behaviour] = []
        super().__init__()

    def answer(self, connection: socket.socket) -> None:
        head = connection.recv(65536)
        if head:
            self.requests.append(head)
            self.behaviours.pop(0)(connection, head, self.over)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


class _Token:
    token = TOKEN

    def get_token(self, *_: str, **__: str) -> "_Token":
        return self


def call(server: Server, deadline_s: float = 30, *, attempts: int = 1, trust_environment: bool = False) -> object:
    caller = RestCaller(
        arm_service(server.origin, "scope"),
        _Token(),
        policy=RetryPolicy(attempts=attempts),
        sleep=lambda _: None,
        trust_environment=trust_environment,
    )
    return caller.call(GET, deadline_s=deadline_s).json()


def send(content: bytes) -> Behaviour:
    return lambda connection, _head, _over: connection.sendall(content)


def drip(start: bytes, drop: bytes) -> Behaviour:
    def behave(connection: socket.socket, _head: bytes, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(0.02):
            connection.sendall(drop)

    return behave


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" "),
        (b"H", b""),
    ],
    ids=["body", "chunks", "header", "until it closes", "silence"],
)
def test_an_answer_that_drips_ends_at_the_deadline(server: Server, start: bytes, drop: bytes) -> None:
    server.behaviours.append(drip(start, drop))
    with pytest.raises(ServiceUnavailable) as unavailable:
        call(server, deadline_s=0.5)
    assert unavailable.value.code == "NoAnswer"


def test_every_read_gets_the_time_that_is_left() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, TimedReads(ours, time.monotonic() + 1000) as reads:
        theirs.sendall(b"x")
        assert reads.read(1) == b"x"
        assert 0 < (ours.gettimeout() or 0) <= 1000


def test_a_whole_answer_may_come_in_pieces(server: Server) -> None:
    def behave(connection: socket.socket, _head: bytes, _over: threading.Event) -> None:
        for byte in OK:
            connection.sendall(bytes([byte]))

    server.behaviours.append(behave)
    assert call(server) == {}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["closed", "cut short", "bad chunk", "bad gzip", "not HTTP", "two lengths", "too many headers"],
)
def test_an_answer_that_is_broken_is_asked_for_again(server: Server, broken: bytes) -> None:
    server.behaviours += [send(broken), send(OK)]
    assert call(server, attempts=2) == {}
    assert len(server.requests) == 2


@pytest.mark.parametrize("location", ["http://[", "//elsewhere/", "http://127.0.0.1:1/"])
def test_a_redirect_is_an_answer_like_any_other(server: Server, location: str) -> None:
    server.behaviours.append(
        send(b"HTTP/1.1 307 Away\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % location.encode())
    )
    with pytest.raises(ServiceRefusal) as refused:
        call(server)
    assert refused.value.status == 307


def test_a_url_that_the_http_library_changes_is_not_sent(server: Server) -> None:
    caller = RestCaller(arm_service(server.origin, "scope"), _Token())
    with pytest.raises(ServiceRefusal, match="UrlChanged"):
        caller.call(RestCall("test", "GET", Url("/subscriptions/../tenants")), deadline_s=30)
    assert server.requests == []


def test_a_token_that_the_server_echoes_is_in_no_exception(server: Server) -> None:
    def behave(connection: socket.socket, head: bytes, _over: threading.Event) -> None:
        body = json.dumps({"error": {"code": "Echo", "message": head.decode()}}).encode()
        connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server.behaviours.append(behave)
    with pytest.raises(ServiceRefusal, match=r"Authorization: Bearer \*+") as refused:
        call(server)
    assert TOKEN in server.requests[0].decode()
    assert TOKEN not in "".join(traceback.format_exception(refused.value))


def test_a_broken_connection_leaves_no_request_on_the_exception(server: Server) -> None:
    server.behaviours.append(send(b""))
    with pytest.raises(ServiceUnavailable) as unavailable:
        call(server)
    assert unavailable.value.__cause__ is None
    assert unavailable.value.__context__ is None


@pytest.mark.parametrize("trust_environment", [True, False])
def test_a_loopback_address_is_never_reached_through_a_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch, *, trust_environment: bool
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.behaviours.append(send(OK))
    assert call(server, trust_environment=trust_environment) == {}


@pytest.mark.parametrize(("trust_environment", "reached"), [(True, True), (False, False)])
def test_a_proxy_of_the_environment_is_used_if_it_is_trusted_and_sees_no_token(
    server: Server, monkeypatch: pytest.MonkeyPatch, *, trust_environment: bool, reached: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.origin)
    server.behaviours.append(send(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"))
    caller = RestCaller(
        arm_service("https://127.0.0.1:1", "scope"),
        _Token(),
        policy=RetryPolicy(attempts=1),
        trust_environment=trust_environment,
    )
    with pytest.raises(ServiceUnavailable) as unavailable:
        caller.call(GET, deadline_s=30)
    assert unavailable.value.code == "NotConnected"
    assert [request.split(b" ")[0] for request in server.requests] == [b"CONNECT"] * reached
    assert TOKEN.encode() not in b"".join(server.requests)


def test_netrc_is_not_read(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password other")
    monkeypatch.setenv("NETRC", str(netrc))
    server.behaviours.append(send(OK))
    call(server, trust_environment=True)
    assert f"Authorization: Bearer {TOKEN}".encode() in server.requests[0]
