import asyncio
import logging
from collections.abc import Callable

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from local.host import listeners
from local.host.errors import HostEnds
from local.host.listeners import Outage, any_failure, keep_running, unreachable

REFUSED, BUSY = ServiceRequestError("refused"), HttpResponseError("busy")


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_LONGEST_OUTAGE", 0.0)
    monkeypatch.setattr(listeners, "_FIRST_DELAY", 0.001)


async def run(
    errors: list[Exception], is_fatal: Callable[[Exception], bool] | None = unreachable, *, works: bool = False
) -> int:
    """Run a listener that fails so, and then is cancelled; return how often it was run."""
    runs = 0

    async def work(outage: Outage) -> None:
        nonlocal runs
        if runs == len(errors):
            raise asyncio.CancelledError
        runs += 1
        if works:
            outage.over()
        raise errors[runs - 1]

    with pytest.raises(asyncio.CancelledError):
        await keep_running("listener", work, is_fatal)
    return runs


@pytest.mark.usefixtures("no_patience")
def test_an_outage_that_lasts_ends_the_host() -> None:
    with pytest.raises(HostEnds, match="listener: ServiceRequestError: refused"):
        asyncio.run(run([REFUSED, REFUSED]))
    with pytest.raises(HostEnds):
        asyncio.run(run([BUSY, BUSY], any_failure))


@pytest.mark.usefixtures("no_patience")
def test_an_outage_that_is_over_or_not_fatal_does_not() -> None:
    assert asyncio.run(run([REFUSED, REFUSED], works=True)) == 2
    assert asyncio.run(run([BUSY, BUSY])) == 2
    assert asyncio.run(run([REFUSED, REFUSED], None)) == 2


def test_what_is_no_failure_of_storage_leaves_the_listener() -> None:
    with pytest.raises(KeyError):
        asyncio.run(run([KeyError("ContainerName")]))


def test_an_outage_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outage = Outage("listener")
    assert [outage.failed(REFUSED) for _ in range(6)] == [0.5, 1, 2, 4, 5, 5]
    outage.over()
    outage.over()
    assert caplog.messages == [
        "listener: ServiceRequestError: refused; trying again until it works",
        "listener: works again",
    ]
