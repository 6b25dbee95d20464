"""A listing of more files than Azurite takes in a reasonable time: one of its pages, again and again.

Azurite needs more than an hour for 100,000 uploads, each of which takes longer than the one before. What the clients
read is its answer all the same, byte for byte but for the names and the marker of the next page.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

import requests

from local.ports import LOOPBACK

_NO_MARKER = b"<NextMarker/>"


@contextmanager
def repeated(listing_url: str, folder: str, times: int) -> Iterator[str]:
    """List `times` as many files as the listing at that URL, in folders below `folder`; yield the server's address.

    It is a process of its own, so that its CPU time is not the client's.
    """
    page = requests.get(listing_url, timeout=60).content
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=_serve, args=(page, folder, times, there), daemon=True)
    server.start()
    # Otherwise a server that could not start would be waited for.
    there.close()
    try:
        yield f"http://{LOOPBACK}:{here.recv()}"
    finally:
        server.terminate()
        server.join()


def _serve(page: bytes, folder: str, times: int, told: Connection) -> None:
    pages = [_page(page, folder, number, times) for number in range(times)]

    class Listing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            body = pages[int(asked.get("marker", ["0"])[0])]
            self.send_response_only(200)
            headers = {"Date": formatdate(usegmt=True), "Content-Type": "application/xml", "Content-Length": len(body)}
            for name, value in headers.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Listing)
    told.send(server.server_port)
    server.serve_forever()


def _page(page: bytes, folder: str, number: int, times: int) -> bytes:
    """Return a page whose files lie in a folder of its own, and which names the page after it."""
    if _NO_MARKER not in page:
        raise SystemExit("expected a listing of one page")
    following = f"<NextMarker>{number + 1}</NextMarker>".encode() if number + 1 < times else _NO_MARKER
    renamed = page.replace(f"<Name>{folder}".encode(), f"<Name>{folder}{number:03}/".encode())
    return renamed.replace(_NO_MARKER, following)
