import base64
import logging

import pytest

from shared.triggers.messages import due_of, note_failed, route_of
from tests.unit.memory import NOON, make_route

ROUTE = make_route("a")
ROUTES = (ROUTE, make_route("b"))
WAKE_UP = b'{"route": "a"}'
NOT_OURS = [
    b"",
    b"plain text",
    b"5",
    b"[]",
    b'{"route": "gone"}',
    b'{"route": ["a"]}',
    b"\xff\xfe\x00",
    b"//4A",
    b"eyJyb3V0ZSI6ICJhIn0",
    b"[" * 100_000,
    base64.b64encode(b"[" * 100_000),
]


@pytest.mark.parametrize("message", [WAKE_UP, base64.b64encode(WAKE_UP), b'{"route": "a", "more": 1}'])
def test_a_message_names_its_route_in_json_or_base64(message: bytes) -> None:
    assert route_of(message, ROUTES) == ROUTE


@pytest.mark.parametrize("message", NOT_OURS)
def test_a_message_that_names_no_route_is_one_line_in_the_log_that_does_not_repeat_it(
    message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert route_of(message, ROUTES) is None
    (line,) = caplog.messages
    assert line.startswith(f"a message of {len(message)} bytes names no route")


def test_a_wake_up_that_failed_five_times_is_noted_for_its_route() -> None:
    noted: list[str] = []
    note_failed(base64.b64encode(WAKE_UP), ROUTES, noted.append)
    note_failed(b"unreadable", ROUTES, noted.append)
    assert noted == ["a"]


def test_a_failed_wake_up_that_cannot_be_noted_is_logged_and_does_not_fail_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(_: str) -> None:
        raise OSError("storage is away: canary4711")

    note_failed(WAKE_UP, ROUTES, refuse)
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    assert "canary4711" not in caplog.text


def test_a_message_that_became_visible_early_says_when_it_is_due() -> None:
    assert due_of(b'{"route": "a", "due": "2026-01-01T12:00:00+00:00"}') == NOON


@pytest.mark.parametrize("message", [WAKE_UP, *NOT_OURS, b'{"route": "a", "due": "soon"}', b'{"due": 5}'])
def test_a_message_that_does_not_say_when_it_is_due_is_due_at_once(message: bytes) -> None:
    assert due_of(message) is None
