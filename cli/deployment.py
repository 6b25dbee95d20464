"""A running app, local or in Azure, and its HTTP API."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import requests

from cli.errors import CommandError, NotFoundError, UnreachableError
from cli.names import utf8

_CONNECT_S = 10.0
_READ_S = 75.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# What the value of a header can hold.
_KEY = re.compile(r"[!-~][ -~]*")


class Deployment:
    """The app at `url` (without `/api`); `key` is one of its function keys, which a local stack does not need."""

    def __init__(self, url: str, key: str | None) -> None:
        address = _address(url)
        if key and address.scheme == "http" and address.hostname not in _LOOPBACK:
            raise CommandError("a key is only sent over https")
        if key and not _KEY.fullmatch(key):
            raise CommandError("expected a function key of printable ASCII characters; copy it once more")
        self._url = url.rstrip("/").removesuffix("/api")
        self._session = requests.Session()
        if key:
            self._session.headers["x-functions-key"] = key

    def get(self, *segments: str, **query: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the answer's JSON; raise CommandError if the app cannot be reached or refuses."""
        return self._ask("GET", segments, query)

    def post(self, *segments: str, **query: str) -> Any:  # noqa: ANN401
        """Return the answer's JSON; raise CommandError if the app cannot be reached or refuses."""
        return self._ask("POST", segments, query)

    def put(self, body: bytes, *segments: str, **query: str) -> Any:  # noqa: ANN401
        """Send JSON as it is and return the answer's; raise CommandError if the app cannot be reached or refuses."""
        return self._ask("PUT", segments, query, body)

    def _ask(self, method: str, segments: tuple[str, ...], query: Mapping[str, str], body: bytes | None = None) -> Any:  # noqa: ANN401
        path = "/".join(map(_quoted, ("api", *segments)))
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            answer = self._session.request(
                method,
                f"{self._url}/{path}",
                params=query,
                data=body,
                headers=headers,
                timeout=(_CONNECT_S, _READ_S),
                allow_redirects=False,
            )
            if answer.ok:
                return answer.json()
        except (requests.RequestException, ValueError, RecursionError) as error:
            # A ValueError is urllib3's of a proxy's name, a RecursionError that of JSON with too many levels.
            raise UnreachableError(f"cannot reach {self._url}: {type(error).__name__}") from None
        raise _failure(answer.status_code)(f"{method} /{path}: {answer.status_code} {_reason(answer)}")


def _address(url: str) -> SplitResult:
    """Return the parts of an app's URL; raise CommandError for one that cannot be asked."""
    try:
        address = urlsplit(requests.Request("GET", url).prepare().url or "")
        # urllib3 does this when it connects, and fails for a label that is empty or too long.
        is_http = address.scheme in {"http", "https"} and bool((address.hostname or "").encode("idna"))
    except ValueError:
        is_http = False
    if not is_http:
        raise CommandError(f"expected a URL like https://<app>.azurewebsites.net, not {url!r}")
    return address


def _quoted(segment: str) -> str:
    """Return a segment of a path, percent-encoded; raise CommandError for one that a URL cannot hold, or resolves."""
    if segment in {".", ".."}:
        raise CommandError(f"expected a name, or a path of names, not {segment!r}")
    return quote(utf8(segment), safe="")


def _failure(status: int) -> type[CommandError]:
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError
    is_temporary = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return UnreachableError if is_temporary else CommandError


def _reason(answer: requests.Response) -> str:
    """Return the detail of a problem answer, or what the status means."""
    try:
        problem = answer.json()
    except (requests.JSONDecodeError, RecursionError):
        problem = {}
    if not isinstance(problem, dict) or "detail" not in problem:
        return "the key is missing or wrong" if answer.status_code == requests.codes.unauthorized else answer.reason
    errors = [f"{error['path'] or 'body'}: {error['message']}" for error in problem.get("errors", [])]
    return "; ".join([problem["detail"], *errors])
