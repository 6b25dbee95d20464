"""Messages: how often they run, and what becomes of those that fail or cannot be read."""

import base64
from datetime import timedelta
from functools import partial
from typing import Any

from tests.conformance.hosts import PATIENCE_S, Host
from tests.conformance.scenario import Scenario
from tests.emulated_storage import unique
from tests.waiting import until

JOBS, POISON = "jobs", "jobs-poison"
_LIFE = timedelta(days=7)


def runs(host: Host, text: str) -> list[Any]:
    """Return the tries of the messages with a text."""
    return [what[1] for what in host.seen("on_message") if what[0] == text]


def run_once(host: Host) -> object:
    text = unique("once")
    host.storage.send(host.own(JOBS), text)
    until(lambda: runs(host, text), "the run", PATIENCE_S)
    until(lambda: host.storage.is_empty(host.own(JOBS)), "the message is deleted", PATIENCE_S)
    return runs(host, text)


def run_many(host: Host) -> object:
    text = unique("many")
    for _ in range(20):
        host.storage.send(host.own(JOBS), text)
    until(lambda: len(runs(host, text)) == 20 and host.storage.is_empty(host.own(JOBS)), "all runs", PATIENCE_S)
    return runs(host, text)


def be_locked(host: Host) -> object:
    """Return for how many minutes a message that is worked on is hidden, which is what a crash costs."""
    text = unique("locked")
    host.storage.send(host.own(JOBS), text)
    (seconds,) = until(lambda: [w[2] for w in host.seen("on_message") if w[0] == text], "the run", PATIENCE_S)
    return round(seconds / 60)


def fail(host: Host) -> object:
    text = unique("fail")
    host.storage.send(host.own(JOBS), text)
    (poison,) = until(lambda: poison_of(host, base64.b64encode(text.encode()).decode()), "poison", PATIENCE_S)
    until(lambda: host.storage.is_empty(host.own(JOBS)), "the message is deleted", PATIENCE_S)
    return runs(host, text), poison.expires_on - poison.inserted_on == _LIFE, poison.dequeue_count


def come_raw(host: Host, raw: str, text: str | None = None) -> object:
    """Return whether the message ran and whether it became poison, as it was stored."""
    host.storage.send(host.own(JOBS), raw, raw=True)
    until(lambda: host.storage.is_empty(host.own(JOBS)), "the message is deleted", PATIENCE_S)
    return bool(text and runs(host, text)), bool(poison_of(host, raw))


def poison_of(host: Host, raw: str) -> list[Any]:
    return [message for message in host.storage.peek(host.own(POISON), raw=True) if message.content == raw]


def be_read_as_poison(host: Host) -> object:
    text = unique("read")
    host.storage.send(host.own("read"), text)
    until(lambda: [what for what in host.seen("on_poison") if what[0] == text], "the poison's run", PATIENCE_S)
    return [what[1] for what in host.seen("on_poison") if what[0] == text]


def come_late(host: Host) -> object:
    """Return whether the host has made the queue, and the tries of a message that comes when it is there."""
    there = host.storage.count(host.own("late"))
    host.storage.send(host.own("late"), "at last")
    return there, [what[1] for what in host.wait_for("on_late")]


def be_delayed(host: Host) -> object:
    text = unique("delayed")
    host.storage.send(host.own(JOBS), text, visible_after=2)
    host.storage.send(host.own(JOBS), f"{text} not")
    until(lambda: runs(host, text), "the delayed message", PATIENCE_S)
    return [what[0] for what in host.seen("on_message") if what[0].startswith(text)] == [f"{text} not", text]


NOT_DECODED = {
    "plain text": "plain text!",
    "JSON": '{"route": "one"}',
    "base64 without its padding": "aGVsbG8",
    "base64 for URLs": "_-8_",
    "base64 of three bytes that are no UTF-8": base64.b64encode(b"\xff\xfe\x00").decode(),
    "base64 of one byte that is no UTF-8": "/w==",
}
SPACED = {"a blank": "c3BhY2 Vk", "a line break": "c3BhY2Vk\n"}

QUEUES = (
    Scenario("a message runs once and is deleted", run_once, [1]),
    Scenario("twenty messages run once each", run_many, [1] * 20),
    Scenario("a message is hidden for ten minutes while it is worked on", be_locked, 10),
    Scenario("a message that fails is tried five times and is then poison", fail, ([1, 2, 3, 4, 5], True, 0)),
    *(
        Scenario(
            f"a message that is {what} runs nothing and is poison as it was", partial(come_raw, raw=raw), (False, True)
        )
        for what, raw in NOT_DECODED.items()
    ),
    *(
        Scenario(f"base64 with {what} in it runs", partial(come_raw, raw=raw, text="spaced"), (True, False))
        for what, raw in SPACED.items()
    ),
    Scenario("poison runs the function that reads it", be_read_as_poison, [1]),
    Scenario("a queue that is missing is not made and read once it is there", come_late, (None, [1])),
    Scenario("a delayed message runs after one that came later", be_delayed, expected=True),
)
