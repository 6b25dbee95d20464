"""Deliveries in real storage, where several instances meet."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import azure.functions as func
from azure.storage.blob import BlobServiceClient

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
