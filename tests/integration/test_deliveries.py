"""Deliveries in real storage, where several instances meet."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import azure.functions as func
from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient, LinearRetry

from local.azurite import Azurite
from shared.api.problem import Problem
from shared.api.signed.deliveries import REPLAYED, Deliveries
from shared.api.signed.signatures import Delivery
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments

INSTANCES = 4
ROUNDS = 10


def test_of_deliveries_that_come_at_once_to_several_instances_exactly_one_acts(
    azurite: Azurite, blobs: BlobServiceClient
) -> None:
    assert list(blobs.list_containers()) == []
    start = Barrier(INSTANCES, timeout=30)
    acted: list[str] = []

    def receive_all(_: int) -> list[str]:
        with BlobServiceClient.from_connection_string(
            azurite.connection_string, retry_total=0, raw_response_hook=note_date
        ) as own:
            deliveries = Deliveries(BlobDocuments(own.get_container_client("dag-relay")))
            return [receive(deliveries, f"msg_{n}") for n in range(ROUNDS)]

    def receive(deliveries: Deliveries, message_id: str) -> str:
        def handle() -> func.HttpResponse:
            acted.append(message_id)
            return func.HttpResponse("{}", mimetype="application/json")

        start.wait()
        try:
            answer = deliveries.once(Delivery("standard", message_id), ["print"], handle)
        except Problem as problem:
            return str(problem.code)
        return "replayed" if REPLAYED in answer.headers else "acted"

    with ThreadPoolExecutor(INSTANCES) as pool:
        outcomes = list(zip(*pool.map(receive_all, range(INSTANCES)), strict=True))
    assert sorted(acted) == sorted(f"msg_{n}" for n in range(ROUNDS))
    assert [outcome.count("acted") for outcome in outcomes] == [1] * ROUNDS
    assert {each for outcome in outcomes for each in outcome} <= {"acted", "replayed", "DeliveryInProgress"}


def test_what_one_instance_answered_another_one_answers_again(blobs: BlobServiceClient) -> None:
    documents = BlobDocuments(blobs.get_container_client("dag-relay"))
    delivery = Delivery("github", "72d3162e")
    made = func.HttpResponse(status_code=204, headers={"x-ms-request-id": "r"})
    Deliveries(documents).once(delivery, ["print"], lambda: made)
    again = Deliveries(documents).once(delivery, ["print"], lambda: func.HttpResponse("other"))
    assert (again.status_code, again.get_body(), again.headers["x-ms-request-id"]) == (204, b"", "r")


def test_a_delivery_of_today_is_not_forgotten(blobs: BlobServiceClient) -> None:
    deliveries = Deliveries(BlobDocuments(blobs.get_container_client("dag-relay")))
    deliveries.prune()
    deliveries.once(Delivery("standard", "msg_1"), ["print"], lambda: func.HttpResponse("{}"))
    deliveries.prune()
    assert len(list(blobs.get_container_client("dag-relay").list_blob_names(name_starts_with="deliveries/"))) == 1


class LosingTransport(RequestsTransport):  # type: ignore[misc] # azure-core imports it on first use, untyped
    """Loses the answer to each write of a delivery that the storage has carried out."""

    lost = 0

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - azure-core's signature
        answer = super().send(request, **options)
        if request.method == "PUT" and "/deliveries/" in request.url and answer.status_code == 201:
            self.lost += 1
            raise ServiceResponseError("the connection was reset")
        return answer


def test_a_write_whose_answer_is_lost_is_made_once_more_and_keeps_no_delivery_waiting(
    azurite: Azurite, blobs: BlobServiceClient
) -> None:
    blobs.create_container("dag-relay")
    transport = LosingTransport()
    retry = LinearRetry(backoff=0, retry_total=1, random_jitter_range=0)
    with BlobServiceClient.from_connection_string(
        azurite.connection_string, transport=transport, retry_policy=retry, raw_response_hook=note_date
    ) as own:
        deliveries = Deliveries(BlobDocuments(own.get_container_client("dag-relay")))
        delivery = Delivery("standard", "msg_1")
        first, again = (deliveries.once(delivery, ["print"], lambda: func.HttpResponse("{}")) for _ in range(2))
    assert (first.status_code, again.headers[REPLAYED], transport.lost) == (200, "true", 2)
