"""Putting an answer on the wire, also in the ways in which networks fail."""

import asyncio
import socket
import struct

from aiohttp import web

from local.arm.exchange import Answer
from local.arm.faults import Fault

_PIECES = 10


def cut(request: web.Request) -> web.StreamResponse:
    """End the connection with a TCP reset and no answer; with a linger of 0 seconds the system sends RST, not FIN."""
    if request.transport is not None:
        connection: socket.socket = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def deliver(request: web.Request, answer: Answer, fault: Fault) -> web.StreamResponse:
    """Send an answer, slowly or not to its end if the fault says so."""
    payload = answer.payload()
    kind = "text/plain" if isinstance(answer.body, str) else "application/json"
    headers = answer.with_defaults({"Content-Type": f"{kind}; charset=utf-8"} if payload else {}).headers
    if fault.slow_body_s or fault.truncate_body_at is not None:
        return await _trickle(request, web.StreamResponse(status=answer.status, headers=headers), payload, fault)
    return web.Response(status=answer.status, headers=headers, body=payload or None)


async def _trickle(
    request: web.Request, response: web.StreamResponse, payload: bytes, fault: Fault
) -> web.StreamResponse:
    response.content_length = len(payload)
    await response.prepare(request)
    for piece in pieces(payload[: fault.truncate_body_at]):
        await response.write(piece)
        await asyncio.sleep(fault.slow_body_s / _PIECES)
    if fault.truncate_body_at is not None and request.transport is not None:
        request.transport.close()
    return response


def pieces(payload: bytes) -> list[bytes]:
    """Divide a body into at most ten parts of equal length."""
    size = max(1, -(-len(payload) // _PIECES))
    return [payload[start : start + size] for start in range(0, len(payload), size)]
