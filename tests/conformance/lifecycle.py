"""Starts, stops and crashes: what a host goes through, and what becomes of its work."""

import base64
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.conformance.hosts import PATIENCE_S, POLLED, Host
from tests.conformance.queues import JOBS
from tests.conformance.scenario import Scenario
from tests.conformance.webhooks import NOTIFICATION, created
from tests.emulated_storage import Storage
from tests.waiting import until

QUICK = {
    "AzureFunctionsJobHost__singleton__listenerLockPeriod": "00:00:15",
    "AzureFunctionsJobHost__singleton__listenerLockRecoveryPollingInterval": "00:00:15",
}
TICKS = {"TIMERS": json.dumps({"ticks": "* * * * * *"})}


def restart(host: Host, number: signal.Signals) -> object:
    """Return the runs of three blobs: one before a stop, which changes meanwhile, one that stays, one that is new."""
    with host.running():
        for name in ("stays", "changes"):
            host.storage.upload_in_a_later_second(host.own("scanned"), name)
        host.wait_for("on_scanned", 2)
        host.send_signal(number)
        host.wait_until_ended()
    host.storage.upload_in_a_later_second(host.own("scanned"), "changes", b"changed")
    host.storage.upload_in_a_later_second(host.own("scanned"), "new")
    with host.running():
        until(lambda: len(host.seen("on_scanned")) >= 4, "the runs after the start", 3 * PATIENCE_S)
        host.storage.upload_in_a_later_second(host.own("scanned"), "last")
        until(lambda: len(host.seen("on_scanned")) >= 5, "the last run", PATIENCE_S)
    return sorted(what["BlobName"] for what in host.seen("on_scanned"))


def finish(host: Host) -> object:
    """Return what a message and a request that were in work at SIGTERM came to."""
    with host.running(), ThreadPoolExecutor() as pool:
        host.storage.send(host.own(JOBS), "sleep 3")
        host.wait_for("on_message")
        answer = pool.submit(host.request, "GET", "/api/answer/slow")
        host.wait_for("answer")
        host.send_signal(signal.SIGTERM)
        text = answer.result().text
        host.wait_until_ended()
    return text, "slept" in host.seen("on_message"), host.storage.is_empty(host.own(JOBS))


def lose_its_lock(host: Host) -> object:
    """Return whether another start fires a timer later than a lock lasts after its holder was killed."""
    with host.running():
        host.wait_for("ticks", 2)
        host.send_signal(signal.SIGKILL)
        host.wait_until_ended()
        killed, ran = time.monotonic(), len(host.seen("ticks"))
    with host.running():
        until(lambda: len(host.seen("ticks")) > ran, "the timer goes on", 3 * PATIENCE_S)
    # The lease was renewed at the latest half of it before.
    return time.monotonic() - killed > 7


def be_crashed_in_a_message(host: Host) -> object:
    """Return the messages that are visible and those that are there, after a crash in the middle of one."""
    with host.running():
        host.storage.send(host.own(JOBS), "sleep 60")
        host.wait_for("on_message")
        host.send_signal(signal.SIGKILL)
        host.wait_until_ended()
    return host.storage.messages(host.own(JOBS)), host.storage.count(host.own(JOBS))


def read_a_broken_blob_message(host: Host, text: str) -> object:
    with host.running():
        host.storage.send(f"azure-webjobs-blobtrigger-{host.id}", base64.b64encode(text.encode()).decode(), raw=True)
        host.wait_until_ended(2 * PATIENCE_S)
    return host.ended


def be_told_of(host: Host, *, function: str | None, name: str) -> object:
    """Return the status of an event and whether the host ends of it."""
    with host.running():
        url = host.storage.url_of(host.own("told"), "x").removesuffix("/x") + name
        body = json.dumps([created(url)]).encode()
        status = host.post_events("blobs", function, body, NOTIFICATION).status_code
        host.wait_until_ended()
    return status, host.ended


def lose_storage(host: Host, seconds: float) -> object:
    """Return whether the host lives through an outage, and the messages that it, or its next start, has run."""
    storage = Storage(host.folder / "storage")
    host.storage = storage.start()
    try:
        with host.running():
            host.storage.send(host.own(JOBS), "before")
            host.wait_for("on_message")
            until(lambda: host.storage.count(host.own(JOBS)) == 0, "the end of the run, which deletes the message")
            storage.stop()
            lost = time.monotonic()
            until(lambda: host.ended or time.monotonic() - lost > seconds, "the outage's end", 3 * PATIENCE_S)
            ended = host.ended
            storage.start()
            host.storage.send(host.own(JOBS), "after")
            if not ended:
                host.wait_for("on_message", 2)
        if ended:
            with host.running():
                host.wait_for("on_message", 2)
    finally:
        storage.stop()
    return not ended, [what[0] for what in host.seen("on_message")]


def start_without_storage(host: Host) -> object:
    """Return whether the host works once storage is there, after a further start if it has ended before."""
    storage = Storage(host.folder / "storage")
    host.storage = storage
    try:
        with host.running(wait=False):
            begun = time.monotonic()
            until(lambda: host.ended or time.monotonic() - begun > 5, "the start", PATIENCE_S)
            storage.start()
            host.storage.send(host.own(JOBS), "first")
            until(lambda: host.ended or host.seen("on_message"), "the message's run, or an end", 2 * PATIENCE_S)
        if not host.seen("on_message"):
            with host.running():
                host.wait_for("on_message")
    finally:
        storage.stop()
    return [what[0] for what in host.seen("on_message")]


LIFECYCLE = (
    Scenario(
        "a stop and a start run only what has changed",
        partial(restart, number=signal.SIGTERM),
        ["changes", "changes", "last", "new", "stays"],
        alone=True,
        settings=POLLED,
    ),
    Scenario(
        "a crash and a start run only what has changed",
        partial(restart, number=signal.SIGKILL),
        ["changes", "changes", "last", "new", "stays"],
        alone=True,
        slow=True,
        settings={**QUICK, **POLLED},
    ),
    Scenario("SIGTERM lets a message and a request finish", finish, ("done", True, True), alone=True),
    Scenario(
        "the lock of a timer outlives its holder",
        lose_its_lock,
        expected=True,
        alone=True,
        slow=True,
        settings={**TICKS, **QUICK},
    ),
    Scenario(
        "a message that was in work at a crash stays hidden", be_crashed_in_a_message, ([], 1), alone=True, slow=True
    ),
    *(
        Scenario(
            f"a message of the blob queue that is {what} ends the host",
            partial(read_a_broken_blob_message, text=text),
            expected=True,
            alone=True,
            slow=True,
        )
        for what, text in {"no JSON": "no json", "of no function": '{"Type": "BlobTrigger"}'}.items()
    ),
    Scenario(
        "an event without a function ends the host",
        partial(be_told_of, function=None, name="/x.py"),
        (202, True),
        alone=True,
    ),
    Scenario(
        "an event of a container ends the host",
        partial(be_told_of, function="Host.Functions.on_told", name=""),
        (202, True),
        alone=True,
        slow=True,
    ),
    *(
        Scenario(
            f"storage that is away for {seconds} s",
            partial(lose_storage, seconds=seconds),
            (seconds < 24, ["before", "after"]),
            alone=True,
            slow=seconds > 5,
        )
        for seconds in (5, 20, 60)
    ),
    Scenario("a start without storage", start_without_storage, ["first"], alone=True),
)
