"""Why no answer came: what the HTTP libraries raise, as one value without URL, header or host."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPException

import requests.exceptions as r
import urllib3.exceptions as u


class Reach(Enum):
    """How far the request got."""

    NOT_CONNECTED = "NotConnected"
    """Nothing was sent."""
    NO_ANSWER = "NoAnswer"
    """It may have arrived, and may have been acted on."""
    NOT_SENDABLE = "NotSendable"
    """It is not sent however often it is tried: a mistake of ours, of the settings, or of the server's certificate."""


# The most specific class counts, and of errors that wrap each other the innermost one that is listed.
REACH: dict[type[Exception], Reach] = {
    # requests
    r.ConnectTimeout: Reach.NOT_CONNECTED,
    r.ProxyError: Reach.NOT_CONNECTED,
    r.ConnectionError: Reach.NO_ANSWER,
    r.SSLError: Reach.NO_ANSWER,
    r.Timeout: Reach.NO_ANSWER,
    r.ChunkedEncodingError: Reach.NO_ANSWER,
    r.ContentDecodingError: Reach.NO_ANSWER,
    r.HTTPError: Reach.NO_ANSWER,
    r.InvalidJSONError: Reach.NO_ANSWER,
    r.RetryError: Reach.NO_ANSWER,
    r.StreamConsumedError: Reach.NO_ANSWER,
    r.TooManyRedirects: Reach.NO_ANSWER,
    r.InvalidHeader: Reach.NOT_SENDABLE,
    r.InvalidSchema: Reach.NOT_SENDABLE,
    r.InvalidURL: Reach.NOT_SENDABLE,
    r.MissingSchema: Reach.NOT_SENDABLE,
    r.UnrewindableBodyError: Reach.NOT_SENDABLE,
    r.URLRequired: Reach.NOT_SENDABLE,
    # urllib3
    u.ConnectTimeoutError: Reach.NOT_CONNECTED,
    u.NewConnectionError: Reach.NOT_CONNECTED,
    u.ProxyError: Reach.NOT_CONNECTED,
    u.PoolError: Reach.NOT_CONNECTED,
    u.SSLError: Reach.NO_ANSWER,
    u.MaxRetryError: Reach.NO_ANSWER,
    u.ReadTimeoutError: Reach.NO_ANSWER,
    u.TimeoutError: Reach.NO_ANSWER,
    u.ProtocolError: Reach.NO_ANSWER,
    u.IncompleteRead: Reach.NO_ANSWER,
    u.InvalidChunkLength: Reach.NO_ANSWER,
    u.DecodeError: Reach.NO_ANSWER,
    u.ResponseError: Reach.NO_ANSWER,
    u.ResponseNotChunked: Reach.NO_ANSWER,
    u.BodyNotHttplibCompatible: Reach.NO_ANSWER,
    u.HeaderParsingError: Reach.NO_ANSWER,
    u.InvalidHeader: Reach.NO_ANSWER,
    u.LocationValueError: Reach.NOT_SENDABLE,
    u.ProxySchemeUnknown: Reach.NOT_SENDABLE,
    u.ProxySchemeUnsupported: Reach.NOT_SENDABLE,
    u.TimeoutStateError: Reach.NOT_SENDABLE,
    u.UnrewindableBodyError: Reach.NOT_SENDABLE,
    u.URLSchemeUnknown: Reach.NOT_SENDABLE,
    # below both
    ssl.SSLCertVerificationError: Reach.NOT_SENDABLE,
}
# What the libraries raise, and what lies below them and may come through.
RAISED = (r.RequestException, u.HTTPError, u.ProxySchemeUnsupported, OSError, HTTPException)
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """An attempt without an answer; `reason` is made of the names of exceptions and the system's words only."""

    reach: Reach
    reason: str

    @classmethod
    def of(cls, error: BaseException) -> "NoAnswer":
        """Sum up an exception of `RAISED` and what it wraps."""
        chain = list(_chain(error))
        known = (found for link in reversed(chain) if (found := reach(type(link))) is not None)
        return cls(next(known, Reach.NO_ANSWER), " < ".join(_name(link) for link in reversed(chain)))


def reach(kind: type[BaseException]) -> Reach | None:
    """Return how far a request got that ended with this exception, or None where its class does not say."""
    return next((REACH[base] for base in kind.__mro__ if base in REACH), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Go from an exception to what it wraps: `reason` of urllib3's, else its last argument, else its cause."""
    link: object = error
    for _ in range(_DEEPEST):
        if not isinstance(link, BaseException):
            return
        yield link
        wrapped = [getattr(link, "reason", None), *reversed(link.args), link.__cause__, link.__context__]
        link = next((other for other in wrapped if isinstance(other, BaseException)), None)


def _name(error: BaseException) -> str:
    # The libraries' own errors are OSErrors too, without a number and with the URL in place of the system's words.
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"{type(error).__name__} ({error.strerror})"
    return type(error).__name__
