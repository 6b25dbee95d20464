"""A caller reaches only what the operator listed, whatever is written into a request."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.e2e.attacks import IGNORED, REFUSED, Attack
from tests.e2e.conftest import Running
from tests.e2e.environments import FACTORY, environments_stack


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with environments_stack() as running:
        yield running


def sent(running: Running, attack: Attack) -> int:
    """Send a request byte by byte as it is written, which no HTTP library would; return the status of the answer."""
    headers = {"Host": "app.example", "Content-Type": "application/json", "Connection": "close", **attack.headers}
    lines = [f"{attack.method} {attack.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if "Content-Length" not in attack.headers:
        lines.append(f"Content-Length: {len(attack.body)}")
    message = "\r\n".join([*lines, "", ""]).encode("latin-1") + attack.body
    address = urlsplit(running.addresses.app)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        with suppress(ConnectionError):  # a server may refuse a head before it has read the body
            connection.sendall(message)
        answer = connection.makefile("rb").readline()
    return int(answer.split()[1])


@pytest.mark.parametrize("attack", REFUSED, ids=lambda attack: attack.why)
def test_an_attack_is_refused_and_nothing_is_sent_to_arm(running: Running, attack: Attack) -> None:
    before = len(running.journal())
    assert sent(running, attack) in attack.allowed
    assert running.journal()[before:] == []


@pytest.mark.parametrize("attack", IGNORED, ids=lambda attack: attack.why)
def test_what_a_request_says_besides_its_path_leads_nowhere(running: Running, attack: Attack) -> None:
    before = len(running.journal())
    assert sent(running, attack) == 200
    (call,) = running.journal()[before:]
    assert (call["method"], call["path"].lower()) == ("GET", f"{FACTORY}/integrationRuntimes/sample-2".lower())
    assert call["query"] == {"api-version": "2018-06-01"}
    assert not any(text in str(call) for text in ("of-the-caller", "third-adf", "evil.example"))
