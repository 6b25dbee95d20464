"""The scan of a container: what it tells of, and when it does so again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from local.host import blob_scan
from local.host.blob_paths import BlobPath
from local.host.blob_queue import BlobFunction
from local.host.blob_scan import ContainerScan


class Container:
    """Lists the same blob three times; then the scan is over."""

    container_name = "files"
    listings = 0

    async def list_blobs(self) -> AsyncIterator[SimpleNamespace]:
        self.listings += 1
        if self.listings > 3:
            raise asyncio.CancelledError
        yield SimpleNamespace(name="dags/a.py", etag="0x1", last_modified=datetime(2026, 1, 1, tzinfo=UTC))


class Notices:
    """Tells of a blob at the second try; at the first, somebody else is at it."""

    tries = 0

    async def notify(self, *_: object) -> bool:
        self.tries += 1
        return self.tries > 1


def test_a_blob_that_somebody_else_is_at_is_tried_again_and_is_no_outage(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(blob_scan, "_SCAN_SECONDS", 0.0)
    container: Any = Container()
    notices: Any = Notices()
    unused: Any = None
    function = BlobFunction(unused, unused, BlobPath.parse("files/{name}"), unused)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ContainerScan(container, [function], notices).keep_running())
    assert (container.listings, notices.tries) == (4, 2)
    assert not caplog.records
