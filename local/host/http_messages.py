"""Requests and responses in the worker's words."""

from collections.abc import Iterable, Mapping

from aiohttp import web
from multidict import CIMultiDict, MultiMapping

from local.host.protos import Message, TypedData
from local.host.urls import Query

# These describe a message on its way, which is the server's business.
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


def to_worker(request: web.Request, body: bytes, route_values: Mapping[str, str]) -> TypedData:
    """Return a request as the host sends it: lower-case headers, empty query values left out, the body as bytes."""
    return TypedData(
        http=Message(
            method=request.method,
            url=str(request.url),
            headers={name.lower(): value for name, value in _joined(request.headers)},
            query={name: value for name, value in Query(request.rel_url.raw_query_string).joined().items() if value},
            params=dict(route_values),
            body=TypedData(bytes=body) if body else TypedData(),
        )
    )


def from_worker(data: TypedData | None) -> web.Response:
    """Return a function's value as a response; raise ValueError for headers with which no answer can be sent."""
    kind = data.WhichOneof("data") if data else None
    if data is None or kind is None:
        return web.Response(status=204)
    if kind == "http":
        return _response(data.http)
    return web.Response(body=_bytes(data), content_type="application/json" if kind == "json" else "text/plain")


def _response(http: Message) -> web.Response:
    given, body = CIMultiDict(http.headers.items()), _bytes(http.body)
    if not all(value.isascii() for value in given.values()):
        raise ValueError("a header's value is not ASCII")
    if "Content-Length" in given and given["Content-Length"] != str(len(body)):
        raise ValueError("Content-Length is not the body's")
    headers = CIMultiDict((name, value) for name, value in given.items() if name.lower() not in _HOP_BY_HOP)
    return web.Response(status=int(http.status_code), headers=headers, body=body)


def _bytes(data: TypedData | None) -> bytes:
    if data is None or data.WhichOneof("data") is None:
        return b""
    value = next(iter(vars(data).values()))
    return value if isinstance(value, bytes) else str(value).encode()


def _joined(values: MultiMapping[str]) -> Iterable[tuple[str, str]]:
    return ((name, ",".join(values.getall(name))) for name in dict.fromkeys(values))
