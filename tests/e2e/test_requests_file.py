"""Every request of `test.http` is answered by the running stack."""

from collections.abc import Iterator

import pytest
import requests

from tests.e2e.conftest import Running, running_stack
from tests.http_file import FILE, Request, requests_of
from tests.waiting import until

REQUESTS = list(requests_of(FILE.read_text(), app=""))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_stack(RELAY_QUIET_SECONDS="1", RELAY_SETTLE_SECONDS="0") as (running, _):
        running.container.create_container()
        running.upload("dags/example.py")
        yield running


@pytest.fixture(scope="module")
def sync(running: Running) -> str:
    """Return the id of an attempt that the history has."""
    history = f"{running.addresses.app}/api/routes/default/syncs"
    ended = until(lambda: requests.get(history, timeout=60).json()["value"], "the first sync")
    return str(ended[0]["syncId"])


@pytest.mark.parametrize("number", range(len(REQUESTS)), ids=lambda number: f"{number}-{REQUESTS[number].method}")
def test_it_is_answered(running: Running, sync: str, number: int) -> None:
    request: Request = list(requests_of(FILE.read_text(), app=running.addresses.app, sync=sync))[number]
    answer = requests.request(
        request.method, request.url, headers=dict(request.headers), data=request.body.encode(), timeout=60
    )
    assert answer.ok, f"{request.method} {request.url}: {answer.status_code} {answer.text[:500]}"
