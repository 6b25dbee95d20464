import inspect
import ssl
from types import ModuleType

import pytest
import requests.exceptions
import urllib3.exceptions

from shared.rest.no_answer import RAISED, NoAnswer, Reach, reach

ROOTS = {requests.exceptions.RequestException, urllib3.exceptions.HTTPError}


def exceptions(module: ModuleType) -> list[type[Exception]]:
    found = [member for _, member in inspect.getmembers(module, inspect.isclass) if issubclass(member, Exception)]
    return [kind for kind in found if kind.__module__ == module.__name__ and not issubclass(kind, Warning)]


@pytest.mark.parametrize("kind", [*exceptions(requests.exceptions), *exceptions(urllib3.exceptions)])
def test_every_exception_of_the_http_libraries_is_mapped(kind: type[Exception]) -> None:
    assert issubclass(kind, RAISED)
    assert kind in ROOTS or reach(kind) is not None, f"say in REACH how far a request got that ends with {kind}"


def test_there_are_exceptions_to_walk() -> None:
    assert len(exceptions(requests.exceptions)) > 15
    assert len(exceptions(urllib3.exceptions)) > 20


def wrapped(*kinds: type[BaseException]) -> BaseException:
    error: BaseException | str = "https://secret"
    for kind in reversed(kinds):
        outer = kind.__new__(kind)
        outer.args = (error,)
        error = outer
    assert isinstance(error, BaseException)
    return error


r, u = requests.exceptions, urllib3.exceptions


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((r.ConnectionError, u.MaxRetryError, u.NewConnectionError, ConnectionRefusedError), Reach.NOT_CONNECTED),
        ((r.ConnectTimeout, u.MaxRetryError, u.ConnectTimeoutError, TimeoutError), Reach.NOT_CONNECTED),
        ((r.ConnectionError, u.ProtocolError, ConnectionResetError), Reach.NO_ANSWER),
        ((r.ReadTimeout, u.ReadTimeoutError, TimeoutError), Reach.NO_ANSWER),
        ((r.ChunkedEncodingError, u.ProtocolError), Reach.NO_ANSWER),
        ((r.SSLError, u.MaxRetryError, u.SSLError, ssl.SSLEOFError), Reach.NO_ANSWER),
        ((r.SSLError, u.MaxRetryError, u.SSLError, ssl.SSLCertVerificationError), Reach.NOT_SENDABLE),
        ((r.InvalidHeader,), Reach.NOT_SENDABLE),
        ((r.InvalidHeader, u.InvalidHeader), Reach.NO_ANSWER),
        ((r.ConnectionError,), Reach.NO_ANSWER),
        ((OSError,), Reach.NO_ANSWER),
    ],
)
def test_what_an_exception_wraps_tells_how_far_the_request_got(
    kinds: tuple[type[BaseException], ...], expected: Reach
) -> None:
    outcome = NoAnswer.of(wrapped(*kinds))
    assert outcome.reach is expected
    assert outcome.reason == " < ".join(kind.__name__ for kind in reversed(kinds))


def test_the_reason_has_the_systems_words_and_nothing_of_the_request() -> None:
    error = requests.exceptions.ConnectionError(ConnectionRefusedError(111, "Connection refused"), "https://secret")
    assert NoAnswer.of(error).reason == "ConnectionRefusedError (Connection refused) < ConnectionError"
