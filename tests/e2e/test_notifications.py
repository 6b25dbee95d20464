"""What people are told by the whole stack, with a real receiver that is down, slow, or answers 500."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from standardwebhooks import Webhook

from local.ports import LOOPBACK, free_ports
from tests.e2e.conftest import Running, running_stack
from tests.waiting import until

SECRET = "whsec_" + "QUJD" * 8
REFUSAL = {"error": {"code": "BadRequest", "message": "no such linked service"}}
# The relay comes back after at most 10 s and 20 s, and gives a slow receiver 10 s.
PATIENCE_S = 60


@dataclass
class Receiver:
    """Listens on its port while it is up; answers `status` once `may_answer` is set."""

    port: int = field(default_factory=lambda: free_ports(1))
    status: int = 200
    tried: list[int] = field(default_factory=list)
    took: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.answer(self)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer((LOOPBACK, self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.may_answer.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        status = self.status
        self.tried.append(status)
        self.may_answer.wait(PATIENCE_S)
        payload = Webhook(SECRET).verify(body, dict(request.headers))
        if status == 200:
            self.took.append(payload | {"id": request.headers["webhook-id"]})
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def types(self) -> list[str]:
        return [payload["type"] for payload in self.took]

    def told(self, *types: str) -> bool:
        return self.types() == list(types)


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[Running, Receiver]]:
    receiver = Receiver()
    url = f"http://{LOOPBACK}:{receiver.port}/hook/canary4711"
    settings = {"RELAY_NOTIFICATION_URL": url, "RELAY_NOTIFICATION_SECRET": SECRET, "RELAY_QUIET_SECONDS": "1"}
    with running_stack(**settings) as (running, _):
        running.container.create_container()
        yield running, receiver
    receiver.stop()


@pytest.fixture
def running(stack: tuple[Running, Receiver]) -> Running:
    return stack[0]


@pytest.fixture
def receiver(stack: tuple[Running, Receiver]) -> Iterator[Receiver]:
    """The receiver, up and well, told of nothing yet."""
    receiver = stack[1]
    receiver.status = 200
    receiver.start()
    receiver.tried.clear()
    receiver.took.clear()
    yield receiver
    receiver.stop()


def refuse_syncs(running: Running) -> None:
    fault = {"match": {"method": "POST", "path_contains": "airflow/sync"}, "times": None}
    script = fault | {"answer": {"status": 400, "body": REFUSAL}}
    requests.post(f"{running.addresses.arm}/_emulator/faults", json=script, timeout=60).raise_for_status()


def end_faults(running: Running) -> None:
    requests.delete(f"{running.addresses.arm}/_emulator/faults", timeout=60).raise_for_status()


def sync_calls(running: Running) -> int:
    return len(running.observer.look().sync_calls)


def upload_to_be_refused(running: Running, name: str) -> None:
    before = sync_calls(running)
    refuse_syncs(running)
    running.upload(name)
    running.wait_for(lambda seen: len(seen.sync_calls) > before, "the call that is refused")


def upload_to_be_imported(running: Running, name: str) -> None:
    end_faults(running)
    running.upload(name)
    running.wait_for(lambda seen: seen.imports > 0 and name in running.imported(), "the import")


def test_a_refused_sync_is_told_once_and_its_recovery_once(running: Running, receiver: Receiver) -> None:
    upload_to_be_refused(running, "dags/a.py")
    until(lambda: receiver.told("route.failed"), "the failure", PATIENCE_S)
    data = receiver.took[0]["data"]
    assert (data["route"], data["environment"], data["code"]) == ("default", "sample-2", "BadRequest")
    assert "no such linked service" in data["text"]
    record = requests.get(urljoin(running.addresses.app, data["link"]), timeout=60).json()
    assert (record["outcome"], record["code"]) == ("refused", "BadRequest")
    upload_to_be_refused(running, "dags/b.py")
    upload_to_be_imported(running, "dags/c.py")
    until(lambda: receiver.told("route.failed", "route.recovered"), "the recovery", PATIENCE_S)


def test_while_the_receiver_hangs_syncs_go_on_and_then_it_is_told_all_in_order(
    running: Running, receiver: Receiver
) -> None:
    receiver.may_answer.clear()
    upload_to_be_refused(running, "dags/d.py")
    until(lambda: receiver.tried, "the first attempt", PATIENCE_S)
    upload_to_be_imported(running, "dags/e.py")
    assert receiver.took == []
    receiver.may_answer.set()
    until(lambda: "route.recovered" in receiver.types(), "the recovery", PATIENCE_S)
    # What it took too late was sent again: at least once, and the id tells.
    assert list(dict.fromkeys(receiver.types())) == ["route.failed", "route.recovered"]
    assert len({payload["id"] for payload in receiver.took}) == 2


def test_a_receiver_that_answers_500_first_is_told_later(running: Running, receiver: Receiver) -> None:
    receiver.status = 500
    upload_to_be_refused(running, "dags/f.py")
    until(lambda: receiver.tried, "the first attempt", PATIENCE_S)
    upload_to_be_imported(running, "dags/g.py")
    receiver.status = 200
    until(lambda: receiver.told("route.failed", "route.recovered"), "both alerts", PATIENCE_S)
    assert receiver.tried[0] == 500


def test_a_receiver_that_was_down_is_told_when_it_is_back(running: Running, receiver: Receiver) -> None:
    receiver.stop()
    before = runs(running)
    upload_to_be_refused(running, "dags/h.py")
    until(lambda: runs(running) > before, "an attempt in vain", PATIENCE_S)
    upload_to_be_imported(running, "dags/i.py")
    receiver.start()
    until(lambda: receiver.told("route.failed", "route.recovered"), "both alerts", PATIENCE_S)


def runs(running: Running) -> int:
    assert running.observer.runs.failed("on_notification") == 0
    return running.observer.runs.succeeded("on_notification")
