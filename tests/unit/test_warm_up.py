"""The warm-up makes what the first invocations need, and takes no time from one that runs."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from local.app_settings import sample
from shared.app import App
from shared.settings import read_settings
from shared.triggers.invocation import Running, invoked, running


class Stopped(BaseException):
    """Ends a warm-up, which reports no error."""


def test_it_goes_on_when_no_invocation_runs() -> None:
    invocations, free = Running(), threading.Event()

    def wait() -> None:
        invocations.wait_for_none()
        free.set()

    with invocations.one_more():
        with invocations.one_more():
            waiting = threading.Thread(target=wait)
            waiting.start()
        assert not free.is_set()
    waiting.join(30)
    assert free.is_set()


def test_an_invocation_that_fails_is_over() -> None:
    invocations = Running()
    with pytest.raises(Stopped), invocations.one_more():
        raise Stopped
    invocations.wait_for_none()


def test_an_invocation_of_a_function_counts() -> None:
    context: Any = SimpleNamespace(
        function_name="on_sweep",
        invocation_id="1",
        trace_context=SimpleNamespace(trace_parent="", trace_state=""),
    )
    over = threading.Thread(target=running.wait_for_none, daemon=True)
    with invoked(context):
        over.start()
        over.join(0)
        assert over.is_alive()
    over.join(30)
    assert not over.is_alive()


def test_it_waits_before_each_part() -> None:
    app, waits = App(read_settings(sample())), iter(range(3))

    def wait() -> None:
        if next(waits) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        app.warm_up(wait)
    assert "engine" not in vars(app)
