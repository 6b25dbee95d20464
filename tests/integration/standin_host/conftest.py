from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulated_storage import Storage, running_storage
from tests.integration.standin_host.standin_parts import App


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    with running_storage() as storage:
        yield storage


@pytest.fixture
def own_storage(tmp_path: Path) -> Iterator[Storage]:
    """A storage that a test may stop; it is not started."""
    storage = Storage(tmp_path / "storage")
    try:
        yield storage
    finally:
        storage.stop()


@pytest.fixture
def app(tmp_path: Path, storage: Storage) -> App:
    return App(tmp_path / "app", {"AzureWebJobsStorage": storage.connection_string})
