"""Requests and responses in the worker's words."""

from collections.abc import Iterable, Mapping
from email.utils import formatdate

from aiohttp import web
from multidict import CIMultiDict, MultiMapping

from local.host.protos import Message, TypedData

_SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}
# These describe a message on its way, which is the server's business.
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


def to_worker(request: web.Request, body: bytes, route_values: Mapping[str, str]) -> TypedData:
    """Return a request as the host sends it: lower-case headers, empty query values left out, the body as bytes."""
    return TypedData(
        http=Message(
            method=request.method,
            url=str(request.url),
            headers={name.lower(): value for name, value in _joined(request.headers)},
            query={name: value for name, value in _joined(request.query) if value},
            params=dict(route_values),
            body=TypedData(bytes=body) if body else TypedData(),
        )
    )


def from_worker(data: TypedData | None) -> web.Response:
    """Return a function's value as a response."""
    kind = data.WhichOneof("data") if data else None
    if data is None or kind is None:
        return web.Response(status=204)
    if kind == "http":
        return _response(data.http)
    return web.Response(body=_bytes(data), content_type="application/json" if kind == "json" else "text/plain")


def _response(http: Message) -> web.Response:
    headers = CIMultiDict((name, value) for name, value in http.headers.items() if name.lower() not in _HOP_BY_HOP)
    response = web.Response(status=int(http.status_code), headers=headers, body=_bytes(http.body))
    for cookie in http.cookies or ():
        _set_cookie(response, cookie)
    return response


def _set_cookie(response: web.Response, cookie: Message) -> None:
    response.set_cookie(
        cookie.name,
        cookie.value,
        domain=_value(cookie.domain) or None,
        path=_value(cookie.path) or "/",
        max_age=None if cookie.max_age is None else int(cookie.max_age.value),
        expires=None if cookie.expires is None else _http_date(cookie.expires.value.seconds),
        secure=bool(_value(cookie.secure)),
        httponly=bool(_value(cookie.http_only)),
        samesite=_SAME_SITE.get(cookie.same_site),
    )


def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def _value(nullable: Message | None) -> str:
    return nullable.value if nullable else ""


def _bytes(data: TypedData | None) -> bytes:
    if data is None or data.WhichOneof("data") is None:
        return b""
    value = next(iter(vars(data).values()))
    return value if isinstance(value, bytes) else str(value).encode()


def _joined(values: MultiMapping[str]) -> Iterable[tuple[str, str]]:
    return ((name, ",".join(values.getall(name))) for name in dict.fromkeys(values))
