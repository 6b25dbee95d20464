"""A page of a listing that breaks off in the middle is asked for again, a few times."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from azure.storage.blob import BlobServiceClient

from shared.errors import FolderUnreadable
from shared.folder.listing import list_folder
from shared.folder.path import FolderPath

FOLDER = FolderPath.parse("files/airflow")
PAGE = (
    b"<?xml version='1.0'?><EnumerationResults><Blobs><Blob><Name Encoded='true'>airflow/dags/a%EF%BF%BE.py</Name>"
    b"<Properties><Last-Modified>Thu, 01 Jan 2026 12:00:00 GMT</Last-Modified><Etag>0x1</Etag>"
    b"<Content-Length>3</Content-Length></Properties></Blob></Blobs><NextMarker/></EnumerationResults>"
)


@contextmanager
def storage(breaks: int) -> Iterator[BlobServiceClient]:
    """Serve a listing whose first answers end before they are whole."""
    answers = iter([PAGE[:150]] * breaks + [PAGE] * 100)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.send_header("Content-Type", "application/xml")
            self.end_headers()
            self.wfile.write(next(answers))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield BlobServiceClient(f"http://127.0.0.1:{server.server_port}/account", retry_total=0)
        finally:
            server.shutdown()


def test_a_page_that_breaks_off_is_asked_for_again() -> None:
    with storage(breaks=2) as blobs:
        (file,) = list_folder(blobs, FOLDER).files
    assert file.name == "airflow/dags/a\ufffe.py"


def test_a_page_that_never_ends_is_an_unreadable_folder() -> None:
    with storage(breaks=50) as blobs, pytest.raises(FolderUnreadable, match="the listing broke off"):
        list_folder(blobs, FOLDER)
