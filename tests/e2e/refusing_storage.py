"""Azurite's blobs behind an address that a test can let refuse what the app stores, as a firewall or a role would."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from local.ports import LOOPBACK

# What HTTP/1.1 says from hop to hop, and what our own server says itself.
_NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length", "server", "date"})


@dataclass(frozen=True, slots=True)
class RefusingStorage:
    """`port` takes the place of Azurite's for blobs; while `refusing` is set, the app's own container is closed."""

    port: int
    refusing: Event = field(default_factory=Event)


@contextmanager
def refusing_storage(blob_port: int, container: str) -> Iterator[RefusingStorage]:
    refusing = Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if refusing.is_set() and f"/{container}" in self.path:
                self._answer(403, {"x-ms-error-code": "AuthorizationFailure"}, b"")
                return
            there = http.client.HTTPConnection(LOOPBACK, blob_port, timeout=60)
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
            there.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 - the library's names

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            length = len(content) if self.command != "HEAD" else headers.get("Content-Length", 0)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield RefusingStorage(server.server_address[1], refusing)
        server.shutdown()
