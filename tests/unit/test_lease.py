from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adf.names import EnvironmentId
from shared.errors import StateConflict
from shared.sync.lease import Leases
from tests.unit.memory import FACTORY, Clock, MemoryDocuments, make_route

LENGTH = timedelta(seconds=180)
ROUTE = make_route()
SIBLING = make_route("sibling")
OTHER = make_route("other", environment="sample-3")


def make() -> tuple[Clock, Leases]:
    clock = Clock()
    return clock, Leases(MemoryDocuments(clock), LENGTH, clock=clock.monotonic)


def test_only_one_worker_gets_the_flight_of_an_environment() -> None:
    _, leases = make()
    assert leases.take(ROUTE)
    assert leases.take(ROUTE) is None
    assert leases.take(SIBLING) is None
    assert leases.take(replace(SIBLING, environment=EnvironmentId(FACTORY, "SAMPLE-2"))) is None
    assert leases.take(OTHER)


def test_a_released_flight_can_be_taken_again() -> None:
    _, leases = make()
    lease = leases.take(ROUTE)
    assert lease
    lease.release(None)
    assert leases.take(ROUTE)


def test_the_flight_of_a_crashed_worker_ends_by_itself() -> None:
    clock, leases = make()
    assert leases.take(ROUTE)
    clock.seconds = LENGTH.total_seconds() - 1
    assert leases.take(ROUTE) is None
    clock.seconds = LENGTH.total_seconds()
    assert leases.take(ROUTE)


def test_a_worker_knows_its_flight_is_over_before_another_one_can_take_it() -> None:
    clock, leases = make()
    lease = leases.take(ROUTE)
    assert lease
    clock.seconds = LENGTH.total_seconds() - 1
    assert lease.seconds_left() <= 0


def test_a_flight_that_another_worker_took_over_is_not_released_by_the_first() -> None:
    clock, leases = make()
    first = leases.take(ROUTE)
    assert first
    clock.seconds = LENGTH.total_seconds()
    assert leases.take(ROUTE)
    first.release(None)
    assert leases.take(ROUTE) is None


def test_a_reserved_environment_is_only_for_the_route_whose_sync_goes_on() -> None:
    clock, leases = make()
    lease = leases.take(ROUTE)
    assert lease
    lease.release(lease.reservation_for(ROUTE, timedelta(seconds=60)))
    assert leases.take(SIBLING) is None
    again = leases.take(ROUTE)
    assert again
    again.release(again.reservation)
    clock.seconds = 60
    assert leases.take(SIBLING) is None
    clock.seconds = 61
    assert leases.take(SIBLING)


def test_an_environment_that_settles_is_for_no_route() -> None:
    clock, leases = make()
    clock.seconds = 0.9
    lease = leases.take(ROUTE)
    assert lease
    lease.release(lease.reservation_for(None, timedelta(seconds=5)))
    clock.seconds = 5.8
    assert leases.take(ROUTE) is None
    clock.seconds = 6
    assert leases.take(ROUTE)


class ToldTwice(MemoryDocuments):
    """Storage whose first answer is lost, so that its client makes the same request again."""

    is_lost = False

    def write(self, name: str, content: bytes, etag: str | None) -> str:
        written = super().write(name, content, etag)
        if self.is_lost:
            self.is_lost = False
            return super().write(name, content, etag)
        return written


def test_a_flight_whose_answer_was_lost_is_not_taken_for_another_workers() -> None:
    clock = Clock()
    documents = ToldTwice(clock)
    leases = Leases(documents, LENGTH, clock=clock.monotonic)
    documents.is_lost = True
    lease = leases.take(ROUTE)
    assert lease
    documents.is_lost = True
    lease.renew()
    lease.release(None)
    assert leases.take(SIBLING)


def test_two_workers_that_write_the_same_at_once_do_not_both_get_the_flight() -> None:
    clock = Clock()
    documents = MemoryDocuments(clock)
    first, second = (Leases(documents, LENGTH, clock=clock.monotonic) for _ in range(2))
    taken: list[object] = []
    write = documents.write

    def written_by_another_one_first(name: str, content: bytes, etag: str | None) -> str:
        documents.write = write  # type: ignore[method-assign]
        taken.append(second.take(ROUTE))
        return write(name, content, etag)

    documents.write = written_by_another_one_first  # type: ignore[method-assign]
    assert first.take(ROUTE) is None
    assert taken != [None]


def test_an_unreadable_flight_is_taken_over() -> None:
    clock = Clock()
    documents = MemoryDocuments(clock)
    leases = Leases(documents, LENGTH, clock=clock.monotonic)
    documents.write(f"leases{ROUTE.environment.key}.json", b"{", None)
    assert leases.take(ROUTE)


def test_a_renewed_flight_lasts_its_whole_length_again() -> None:
    clock, leases = make()
    lease = leases.take(ROUTE)
    assert lease
    clock.seconds = 170
    lease.renew()
    assert lease.seconds_left() == LENGTH.total_seconds() - 1
    clock.seconds = 300
    assert leases.take(ROUTE) is None


def test_a_flight_that_another_worker_took_over_cannot_be_renewed() -> None:
    clock, leases = make()
    first = leases.take(ROUTE)
    assert first
    clock.seconds = LENGTH.total_seconds()
    assert leases.take(ROUTE)
    with pytest.raises(StateConflict):
        first.renew()
