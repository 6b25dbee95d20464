"""The storage's clock, also after a retry by the SDK."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient, ContainerClient, LinearRetry

from local.azurite import Azurite
from shared.folder.listing import list_folder
from shared.folder.path import FolderPath
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments

# The SDK's own first pause is 15 s.
AT_ONCE = LinearRetry(backoff=0, random_jitter_range=0, retry_total=2)
FOLDER = FolderPath.parse("files/airflow")


class OnceAway(RequestsTransport):  # type: ignore[misc] # azure-core imports it on first use, untyped
    """Fails the first attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts = 0

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - azure-core's signature
        self.attempts += 1
        if self.attempts == 1:
            raise ServiceRequestError("connection refused")
        return super().send(request, **options)


@pytest.mark.usefixtures("container")
@pytest.mark.parametrize(
    "ask",
    [
        lambda blobs: BlobDocuments(blobs.get_container_client("files")).read("airflow/dags/a.py").read_at,
        lambda blobs: BlobDocuments(blobs.get_container_client("files")).read("missing").read_at,
        lambda blobs: list_folder(blobs, FOLDER).listed_at,
    ],
    ids=["a document", "a missing document", "a listing"],
)
def test_the_time_is_known_after_a_retry(
    azurite: Azurite, container: ContainerClient, ask: Callable[[BlobServiceClient], object]
) -> None:
    container.upload_blob("airflow/dags/a.py", b"x")
    with BlobServiceClient.from_connection_string(
        azurite.connection_string, retry_policy=AT_ONCE, transport=OnceAway(), raw_response_hook=note_date
    ) as blobs:
        assert ask(blobs)
