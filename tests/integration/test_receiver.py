"""The way to a receiver of notifications: a real one on a socket, which may be down, slow, rude or away for good."""

import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook

from shared.errors import NotDelivered
from shared.notification import receiver as module
from shared.notification.receiver import HttpReceiver
from shared.setting_values import SecretText
from shared.webhooks.standard import parse_secrets
from tests.integration.socket_server import SocketServer

CANARY = "canary4711"
OLD, NEW = "whsec_" + "QUJD" * 8, "whsec_" + "REVG" * 8
BODY = '{"type":"route.failed","data":{"text":"ünï"}}'.encode()

Behaviour = Callable[[socket.socket, threading.Event], None]


def answers(status: int, *headers: str) -> Behaviour:
    head = "\r\n".join([f"HTTP/1.1 {status} X", "Content-Length: 0", *headers])
    return lambda connection, _: connection.sendall(f"{head}\r\n\r\n".encode())


class Server(SocketServer):
    """Reads whole requests and behaves as it is told."""

    def __init__(self) -> None:
        self.behave: Behaviour = answers(204)
        super().__init__()

    def answer(self, connection: socket.socket) -> None:
        self.requests.append(_whole_request(connection))
        self.behave(connection, self.over)

    @property
    def last(self) -> tuple[str, dict[str, str], bytes]:
        """Return request line, headers and body of the last request."""
        head, _, body = self.requests[-1].partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        return line, {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}, body


def _whole_request(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(BODY) and not received.startswith(b"CONNECT"):
        if not (more := connection.recv(65536)):
            break
        received += more
    return received


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def post(server: Server, *, secrets: str = NEW, path: str = f"/T0/{CANARY}?sig={CANARY}") -> None:
    HttpReceiver(SecretText(server.origin + path), parse_secrets(secrets)).post("failed-1", BODY)


def test_a_notification_is_one_post_that_the_reference_implementation_takes(server: Server) -> None:
    post(server)
    (_,) = server.requests
    line, headers, body = server.last
    assert line == f"POST /T0/{CANARY}?sig={CANARY} HTTP/1.1"
    assert (headers["webhook-id"], headers["content-type"]) == ("failed-1", "application/json")
    assert Webhook(NEW).verify(body, headers)["type"] == "route.failed"


def test_while_a_secret_is_replaced_both_verify(server: Server) -> None:
    post(server, secrets=f"{NEW} {OLD}")
    _, headers, body = server.last
    assert Webhook(OLD).verify(body, headers) == Webhook(NEW).verify(body, headers)


def test_a_chat_service_without_a_secret_gets_no_signature(server: Server) -> None:
    HttpReceiver(SecretText(server.origin)).post("failed-1", BODY)
    assert "webhook-signature" not in server.last[1]


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 500, 503])
def test_anything_but_2xx_is_no_delivery_and_no_redirect_is_followed(server: Server, status: int) -> None:
    server.behave = answers(status, f"Location: {server.origin}/elsewhere")
    with pytest.raises(NotDelivered, match=f"the receiver answered {status}"):
        post(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_a_delivery(server: Server, status: int) -> None:
    server.behave = answers(status)
    post(server)


def test_the_receiver_may_say_when_to_come_back(server: Server) -> None:
    server.behave = answers(429, "Retry-After: 120")
    with pytest.raises(NotDelivered) as raised:
        post(server)
    assert raised.value.retry_after_s == 120
    moments = datetime.fromisoformat("2026-01-01T12:00:00+00:00"), datetime.fromisoformat("2026-01-01T12:01:00+00:00")
    date, later = (format_datetime(moment, usegmt=True) for moment in moments)
    server.behave = answers(503, f"Date: {date}", f"Retry-After: {later}")
    with pytest.raises(NotDelivered) as raised:
        post(server)
    assert raised.value.retry_after_s == 60


def hangs(_: socket.socket, over: threading.Event) -> None:
    over.wait(60)


def drips(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while not over.wait(0.05):
        connection.sendall(b"x")


def closes(_connection: socket.socket, _over: threading.Event) -> None:
    return


def talks_nonsense(connection: socket.socket, _over: threading.Event) -> None:
    connection.sendall(b"220 smtp.example ESMTP\r\n")


@pytest.mark.parametrize("behave", [hangs, drips, closes, talks_nonsense])
def test_a_receiver_that_gives_no_usable_answer_in_time_is_no_delivery(
    server: Server, behave: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUTS_S", (1.0, 0.5))
    server.behave = behave
    with pytest.raises(NotDelivered, match="no answer from the receiver"):
        post(server)


def test_the_body_of_the_answer_is_not_waited_for(server: Server) -> None:
    def endless_body(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        over.wait(60)

    server.behave = endless_body
    post(server)


def malformed_headers(connection: socket.socket, _over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 500 X\r\nContent-Type: multipart/mixed\r\nbroken\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("behave", [answers(204), answers(500), closes, talks_nonsense, malformed_headers])
def test_neither_logs_nor_errors_hold_the_url_not_even_when_debugging(
    server: Server, behave: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.behave = behave
    shown = ""
    try:
        post(server)
    except NotDelivered as error:
        shown = "".join(traceback.format_exception(error))
    assert server.requests
    assert CANARY not in shown + caplog.text + repr(HttpReceiver(SecretText(CANARY)))


def test_a_receiver_that_is_down_is_no_delivery_and_its_url_does_not_show(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.stop()
    with pytest.raises(NotDelivered, match="no answer from the receiver") as raised:
        post(server)
    assert CANARY not in "".join(traceback.format_exception(raised.value)) + caplog.text


def test_proxies_of_the_environment_are_not_used_unless_it_is_trusted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    post(server)
    asked_through_a_proxy = Server()
    monkeypatch.setenv("HTTPS_PROXY", asked_through_a_proxy.origin)
    monkeypatch.setenv("https_proxy", asked_through_a_proxy.origin)
    with suppress(NotDelivered):
        HttpReceiver(SecretText("https://hooks.example/x"), trust_environment=True).post("failed-1", BODY)
    asked_through_a_proxy.stop()
    assert asked_through_a_proxy.requests[0].startswith(b"CONNECT hooks.example:443")
