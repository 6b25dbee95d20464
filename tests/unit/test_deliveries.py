import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import azure.functions as func
import pytest
from azure.core.exceptions import ServiceRequestError

from shared.api.problem import Problem
from shared.api.signed.deliveries import REPLAYED, Deliveries
from shared.api.signed.signatures import Delivery
from shared.errors import StateConflict
from tests.unit.memory import Clock, MemoryDocuments

DELIVERY = Delivery("standard", "msg_1")
DAY = 24 * 3600


@dataclass
class Handler:
    """Answers with a status and counts how often it was asked; `during` happens meanwhile."""

    status: int = 200
    during: Callable[[], object] = lambda: None
    calls: int = 0

    def __call__(self) -> func.HttpResponse:
        self.calls += 1
        self.during()
        headers = {"ETag": '"1"'}
        return func.HttpResponse('{"n": 1}', status_code=self.status, headers=headers, mimetype="application/json")


@dataclass
class Inbox:
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.documents = MemoryDocuments(self.clock)
        self.deliveries = Deliveries(self.documents, self.clock.monotonic)

    def take(
        self, handler: Handler, *prints: str, delivery: Delivery = DELIVERY, at: float | None = None
    ) -> func.HttpResponse:
        self.clock.seconds = self.clock.seconds if at is None else at
        return self.deliveries.once(delivery, prints or ("print",), handler)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def test_a_delivery_that_comes_again_is_answered_as_before_and_does_nothing(inbox: Inbox) -> None:
    handler = Handler(201)
    first, again = inbox.take(handler), inbox.take(handler, at=6 * DAY)
    assert handler.calls == 1
    assert (again.status_code, again.get_body(), again.mimetype) == (201, first.get_body(), "application/json")
    assert dict(again.headers.items()) == {"ETag": '"1"', REPLAYED: "true"}
    assert REPLAYED not in first.headers


def test_an_answer_without_a_body_is_kept_too(inbox: Inbox) -> None:
    inbox.deliveries.once(DELIVERY, ["print"], lambda: func.HttpResponse(status_code=204))
    again = inbox.take(Handler())
    assert (again.status_code, again.get_body()) == (204, b"")


def test_other_ids_and_the_same_id_in_another_style_are_other_deliveries(inbox: Inbox) -> None:
    handler = Handler()
    for delivery in (DELIVERY, Delivery("standard", "msg_2"), Delivery("github", "msg_1")):
        inbox.take(handler, delivery=delivery)
    assert handler.calls == 3


def test_the_same_id_with_another_request_is_refused(inbox: Inbox) -> None:
    handler = Handler()
    inbox.take(handler)
    with pytest.raises(Problem) as raised:
        inbox.take(handler, "other")
    assert (raised.value.status, raised.value.code, handler.calls) == (422, "DeliveryDiffers", 1)


def test_one_of_several_fingerprints_is_enough_since_secrets_are_replaced(inbox: Inbox) -> None:
    handler = Handler()
    inbox.take(handler, "old secret's")
    inbox.take(handler, "new secret's", "old secret's")
    assert handler.calls == 1


def test_while_a_delivery_is_handled_the_same_one_is_told_to_come_back(inbox: Inbox) -> None:
    refused: list[Problem] = []

    def come_again() -> None:
        with pytest.raises(Problem) as raised:
            inbox.take(Handler(), at=59)
        refused.append(raised.value)

    assert inbox.take(Handler(during=come_again)).status_code == 200
    assert [(each.status, each.code, each.retry_after_s) for each in refused] == [(409, "DeliveryInProgress", 10)]


def test_of_two_that_claim_at_once_one_is_told_to_come_back(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(name: str, content: bytes, etag: str | None) -> str:
        raise StateConflict(f"{name} {len(content)} {etag}")

    monkeypatch.setattr(inbox.documents, "write", overtaken)
    handler = Handler()
    with pytest.raises(Problem) as raised:
        inbox.take(handler)
    assert (raised.value.code, handler.calls) == ("DeliveryInProgress", 0)


def test_the_claim_of_a_worker_that_died_ends_after_a_minute(inbox: Inbox) -> None:
    overtaking = Handler()
    outlived = Handler(during=lambda: inbox.take(overtaking, at=60))
    assert inbox.take(outlived).status_code == 200
    assert (outlived.calls, overtaking.calls) == (1, 1)
    assert inbox.take(Handler()).headers[REPLAYED] == "true"


def test_a_write_that_the_storages_client_repeats_because_its_answer_was_lost_is_no_other_workers(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = inbox.documents.write

    def repeated(name: str, content: bytes, etag: str | None) -> str:
        write(name, content, etag)
        return write(name, content, etag)

    monkeypatch.setattr(inbox.documents, "write", repeated)
    handler = Handler()
    assert inbox.take(handler).status_code == 200
    assert inbox.take(handler).headers[REPLAYED] == "true"
    assert (handler.calls, caplog.text) == (1, "")


def test_a_claim_that_took_so_long_that_it_may_end_before_the_work_does_nothing(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, handler = inbox.documents.write, Handler()

    def slow(name: str, content: bytes, etag: str | None) -> str:
        inbox.clock.seconds += 59
        return write(name, content, etag)

    monkeypatch.setattr(inbox.documents, "write", slow)
    with pytest.raises(Problem) as raised:
        inbox.take(handler)
    assert (raised.value.status, raised.value.code, handler.calls) == (503, "StorageUnavailable", 0)
    monkeypatch.undo()
    assert REPLAYED not in inbox.take(handler).headers
    assert handler.calls == 1


@pytest.mark.parametrize("status", [400, 403, 404, 408, 409, 412, 422, 425, 429, 500, 502, 503])
def test_a_refusal_did_nothing_and_is_not_kept(inbox: Inbox, status: int) -> None:
    assert inbox.take(Handler(status)).status_code == status
    again = inbox.take(Handler(200))
    assert (again.status_code, REPLAYED in again.headers) == (200, False)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_success_is_kept(inbox: Inbox, status: int) -> None:
    inbox.take(Handler(status))
    assert inbox.take(Handler(404)).status_code == status


def test_a_handler_that_breaks_leaves_the_delivery_to_the_next_try(inbox: Inbox) -> None:
    def breaks() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        inbox.take(Handler(during=breaks))
    assert inbox.take(Handler()).status_code == 200


def test_storage_that_fails_before_the_claim_lets_nothing_happen(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox.documents, "write", fail)
    handler = Handler()
    with pytest.raises(ServiceRequestError):
        inbox.take(handler)
    assert handler.calls == 0


def test_storage_that_fails_afterwards_does_not_take_the_answer_away(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler(during=lambda: monkeypatch.setattr(inbox.documents, "write", fail))
    with caplog.at_level(logging.ERROR):
        assert inbox.take(handler).status_code == 200
    assert "storage did not take the answer" in caplog.text


def fail(*_: object) -> str:
    raise ServiceRequestError("no route to storage")


def test_what_cannot_be_read_counts_as_never_seen(inbox: Inbox) -> None:
    inbox.take(Handler())
    (name,) = inbox.documents.stored
    inbox.documents.stored[name] = (b"{", "etag")
    handler = Handler()
    inbox.take(handler)
    assert handler.calls == 1


def test_an_id_is_no_part_of_a_name_or_a_document(inbox: Inbox) -> None:
    inbox.take(Handler(), delivery=Delivery("github", "../canary"))
    ((name, (content, _)),) = inbox.documents.stored.items()
    assert "canary" not in name + content.decode()
    assert json.loads(content)["fingerprint"] == "print"


def test_deliveries_of_more_than_seven_days_ago_are_forgotten(inbox: Inbox) -> None:
    inbox.take(Handler())
    inbox.take(Handler(), delivery=Delivery("standard", "msg_2"), at=DAY)
    inbox.clock.seconds = 7 * DAY + 1
    inbox.deliveries.prune()
    assert len(inbox.documents.stored) == 1
    assert inbox.take(Handler(), delivery=Delivery("standard", "msg_2")).headers[REPLAYED] == "true"


def test_a_delivery_that_comes_again_after_another_instance_forgot_it_is_not_forgotten(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.take(Handler())
    handler, list_old = Handler(), inbox.documents.unchanged_since

    def listed(prefix: str, moment: datetime) -> Iterator[str]:
        for name in list(list_old(prefix, moment)):
            inbox.documents.delete(name)
            inbox.take(handler)
            yield name

    monkeypatch.setattr(inbox.documents, "unchanged_since", listed)
    inbox.clock.seconds = 7 * DAY + 1
    inbox.deliveries.prune()
    assert inbox.take(handler).headers[REPLAYED] == "true"
    assert handler.calls == 1
