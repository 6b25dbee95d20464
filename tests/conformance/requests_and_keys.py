"""Requests as functions get them, answers as callers get them, and the keys that open what."""

import json
from functools import partial
from typing import Any

from tests.conformance.hosts import Host
from tests.conformance.scenario import Scenario

MB = 1024 * 1024


def send(host: Host, target: str, *, method: str = "GET", headers: str = "", body: bytes = b"") -> object:
    """Send a request as it is written; return the status and, of the function `echo`, route and query."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}{headers}\r\n"
    status, content = host.raw(head.encode("latin-1") + body)
    if status != 201:
        return status
    asked = json.loads(content)
    return [asked[name] for name in ("route", "query", "headers", "body") if asked[name]]


def announce(host: Host, length: int) -> object:
    """Return the status for a body of which only the length is sent."""
    head = f"POST /api/echo/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    return host.raw(head.encode())[0]


def be_answered(host: Host, kind: str) -> object:
    answer = host.request("GET", f"/api/answer/{kind}")
    return answer.status_code, answer.text


def ask(host: Host, path: str, header: str | None, code: str | None, *, name: str = "code") -> object:
    """Ask with keys by their names; return the status."""
    headers = {} if header is None else {"x-functions-key": host.keys.get(header, header)}
    query = {} if code is None else {name: host.keys.get(code, code)}
    return host.request("GET", path, headers=headers, params=query).status_code


def run_by_admin(host: Host, headers: dict[str, str]) -> object:
    key = {"x-functions-key": host.keys["master"]}
    asked = host.request(
        "POST", "/admin/functions/on_message", headers={**key, **headers}, data=b'{"input": "by hand"}'
    )
    return asked.status_code


def challenge(host: Host) -> object:
    answer = host.request("GET", "/admin/functions")
    return answer.status_code, answer.headers.get("WWW-Authenticate")


A = {"first": "a"}
REST_B = {"first": "a", "rest": "b"}
REQUESTS: dict[str, tuple[dict[str, Any], Any]] = {
    "a path with escapes": ({"target": "/api/echo/a%20b/c%2Fd/%C3%BC"}, [{"first": "a b", "rest": "c%2Fd/ü"}]),
    "a path in upper case": ({"target": "/API/ECHO/a"}, [A]),
    "a slash at the end": ({"target": "/api/echo/a/"}, [A]),
    "a slash behind the rest": ({"target": "/api/echo/a/b/"}, [{"first": "a", "rest": "b/"}]),
    "a path that escapes no UTF-8": ({"target": "/api/echo/a/%FF"}, [{"first": "a", "rest": "%FF"}]),
    "a path that mixes escapes": ({"target": "/api/echo/a/%C3%BC%ffx"}, [{"first": "a", "rest": "ü%ffx"}]),
    "a path with ..": ({"target": "/api/echo/x/../a/b"}, [REST_B]),
    "a path with %2e%2e": ({"target": "/api/echo/x/%2e%2e/a/b"}, [REST_B]),
    "a path with .": ({"target": "/api/echo/a/./b"}, [REST_B]),
    "an empty segment before the rest": ({"target": "/api/echo/a//b"}, 404),
    "an escaped NUL": ({"target": "/api/echo/a/%00"}, 400),
    "no such path": ({"target": "/api/nothing"}, 404),
    "a path without the prefix": ({"target": "/echo/a"}, 404),
    "a method that the route does not have": ({"target": "/api/guarded/x", "method": "DELETE"}, 404),
    "a query in any case": ({"target": "/api/echo/a?aB=1&Ab=2"}, [A, {"Ab": "1,2"}]),
    "a query in upper case": ({"target": "/api/echo/a?Q=1"}, [A, {"Q": "1"}]),
    "a query with empty values": ({"target": "/api/echo/a?x=&y&z=1"}, [A, {"z": "1"}]),
    "a query with escapes": ({"target": "/api/echo/a?x=a+b%20%C3%BC"}, [A, {"x": "a b ü"}]),
    "a query that escapes no UTF-8": ({"target": "/api/echo/a?x=%FF"}, [A, {"x": "%FF"}]),
    "a header twice": ({"target": "/api/echo/a", "headers": "X-Own: 1\r\nx-own: 2\r\n"}, [A, {"x-own": "1,2"}]),
    "a header of UTF-8": ({"target": "/api/echo/a", "headers": "X-Own: \xc3\xbc\r\n"}, [A, {"x-own": "ü"}]),
    "a header that is no UTF-8": ({"target": "/api/echo/a", "headers": "X-Own: \xff\r\n"}, 400),
    "a header of 20 KB": ({"target": "/api/echo/a", "headers": f"X-Other: {'x' * 20_000}\r\n"}, [A]),
    "101 headers": ({"target": "/api/echo/a", "headers": "".join(f"X-{n}: 1\r\n" for n in range(99))}, 431),
    "a URL of 9 KB": ({"target": f"/api/echo/a?x={'x' * 9000}"}, 414),
    "a body": ({"target": "/api/echo/a", "method": "POST", "body": b"some"}, [A, "some"]),
    "a body in pieces, which is not passed on": (
        {
            "target": "/api/echo/a",
            "method": "POST",
            "headers": "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n",
        },
        [A],
    ),
    "two routes, of which the more literal is first in the alphabet": ({"target": "/api/early/exact"}, 200),
    "two routes, of which the more general is first in the alphabet": (
        {"target": "/api/echo/seven/exact"},
        [{"first": "seven", "rest": "exact"}],
    ),
    "two routes, of which the first does not have the method": (
        {"target": "/api/early/exact", "method": "PUT"},
        [{"name": "exact"}],
    ),
}
ANSWERS = {
    "raises": (500, ""),
    "nothing": (204, ""),
    "not-ascii": (500, ""),
    "longer-than-said": (500, ""),
    "done": (200, "done"),
}
GUARDED, MASTERS, ADMIN = "/api/guarded", "/api/masters", "/admin/functions"
KEYS = (
    (GUARDED, None, None, 401),
    (GUARDED, "wrong", None, 401),
    (GUARDED, "function", None, 200),
    (GUARDED, "own", None, 200),
    (GUARDED, None, "own", 200),
    (GUARDED, "master", None, 200),
    (GUARDED, "wrong", "own", 401),
    (GUARDED, "", "own", 401),
    (GUARDED, "blobs", None, 401),
    (MASTERS, "own", None, 401),
    (MASTERS, "function", None, 401),
    (MASTERS, "master", None, 200),
    (ADMIN, None, None, 401),
    (ADMIN, "wrong", None, 401),
    (ADMIN, "function", None, 403),
    (ADMIN, "blobs", None, 403),
    (ADMIN, "master", None, 200),
)

REQUESTS_AND_KEYS = (
    *(Scenario(f"request: {what}", partial(send, **how), expected) for what, (how, expected) in REQUESTS.items()),
    Scenario("request: a body over 100 MiB", partial(announce, length=100 * MB + 1), 500),
    *(Scenario(f"answer: {kind}", partial(be_answered, kind=kind), expected) for kind, expected in ANSWERS.items()),
    *(
        Scenario(
            f"keys: {path} with {'no' if header is None else header or 'empty'} header and {code or 'no'} code",
            partial(ask, path=path, header=header, code=code),
            status,
        )
        for path, header, code, status in KEYS
    ),
    Scenario("keys: ?CODE=", partial(ask, path=GUARDED, header=None, code="own", name="CODE"), 200),
    Scenario("admin: a caller without a key is told how to come back", challenge, (401, "Bearer")),
    Scenario(
        "admin: a run is asked for with JSON", partial(run_by_admin, headers={"Content-Type": "application/json"}), 202
    ),
    Scenario("admin: a run is asked for without a type", partial(run_by_admin, headers={}), 415),
)
