from shared.adf.names import EnvironmentId
from shared.relay.flight import LENGTH, Flights
from tests.unit.memory import FACTORY, Clock, MemoryDocuments

SAMPLE = EnvironmentId(FACTORY, "sample-2")
OTHER = EnvironmentId(FACTORY, "sample-3")


def make() -> tuple[Clock, Flights]:
    clock = Clock()
    return clock, Flights(MemoryDocuments(clock), clock=clock.monotonic)


def test_only_one_worker_gets_the_flight_of_an_environment() -> None:
    _, flights = make()
    assert flights.take(SAMPLE)
    assert flights.take(SAMPLE) is None
    assert flights.take(EnvironmentId(FACTORY, "SAMPLE-2")) is None
    assert flights.take(OTHER)


def test_a_released_flight_can_be_taken_again() -> None:
    _, flights = make()
    flight = flights.take(SAMPLE)
    assert flight
    flights.release(flight)
    assert flights.take(SAMPLE)


def test_the_flight_of_a_crashed_worker_ends_by_itself() -> None:
    clock, flights = make()
    assert flights.take(SAMPLE)
    clock.seconds = LENGTH.total_seconds() - 1
    assert flights.take(SAMPLE) is None
    clock.seconds = LENGTH.total_seconds()
    assert flights.take(SAMPLE)


def test_a_worker_knows_its_flight_is_over_before_another_one_can_take_it() -> None:
    clock, flights = make()
    flight = flights.take(SAMPLE)
    assert flight
    clock.seconds = LENGTH.total_seconds() - 1
    assert flights.time_left_s(flight) <= 0


def test_a_flight_that_another_worker_took_over_is_not_released_by_the_first() -> None:
    clock, flights = make()
    first = flights.take(SAMPLE)
    assert first
    clock.seconds = LENGTH.total_seconds()
    assert flights.take(SAMPLE)
    flights.release(first)
    assert flights.take(SAMPLE) is None


def test_an_unreadable_flight_is_taken_over() -> None:
    clock = Clock()
    documents = MemoryDocuments(clock)
    flights = Flights(documents, clock=clock.monotonic)
    documents.write(f"flights{SAMPLE.key}.json", b"{", None)
    assert flights.take(SAMPLE)
