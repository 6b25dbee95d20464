import json
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from shared.arm.clouds import CLOUDS, resource_url
from shared.arm.operations import (
    DEFAULT_INTERVAL_S,
    Follow,
    Operation,
    OperationFailed,
    OperationProgress,
    OperationRunning,
    OperationSucceeded,
    interpret,
    started,
)
from shared.rest.answers import RestAnswer

CLOUD = CLOUDS["AzureCloud"]
RESOURCE = resource_url("subscriptions", "s")
URL = "https://management.azure.com/operation"


def answer(status: int, body: object = None, **headers: str) -> RestAnswer:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return RestAnswer(status, named, b"" if body is None else json.dumps(body).encode())


def provisioning(state: str | None) -> dict[str, Any]:
    return {"properties": {"provisioningState": state}}


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        (answer(202), None),
        (answer(200, provisioning("Succeeded")), None),
        (answer(200, {"properties": {"state": "Initial"}}), None),
        (answer(202, azure_asyncoperation=URL, location="https://other"), Operation(URL, Follow.STATUS)),
        (answer(202, azure_asyncoperation=URL, location=URL), Operation(URL, Follow.EITHER)),
        (answer(202, location=URL, retry_after="7"), Operation(URL, Follow.RESULT, 7)),
        (
            answer(201, provisioning("Creating")),
            Operation("https://management.azure.com/subscriptions/s?api-version=2018-06-01", Follow.RESOURCE),
        ),
    ],
    ids=["nothing to follow", "done", "no provisioningState", "status first", "both", "location", "resource"],
)
def test_an_answer_tells_how_its_operation_is_followed(begun: RestAnswer, expected: Operation | None) -> None:
    assert started(begun, RESOURCE, CLOUD) == expected


RUNS, DONE = "Running", OperationSucceeded()
REASON = {"error": {"code": "Because", "message": "of that"}}


@pytest.mark.parametrize(
    ("follow", "polled", "expected"),
    [
        (Follow.STATUS, answer(200, {"status": "InProgress"}), RUNS),
        (Follow.STATUS, answer(200, {"status": "AnythingElse"}), RUNS),
        (Follow.STATUS, answer(200, {"status": "SUCCEEDED"}), DONE),
        (Follow.STATUS, answer(200, {"status": "failed", **REASON}), OperationFailed("Because", "of that")),
        (Follow.STATUS, answer(200, {"status": "Canceled"}), OperationFailed("Canceled", "")),
        (Follow.STATUS, answer(202), RUNS),
        (Follow.STATUS, answer(200), DONE),
        (Follow.EITHER, answer(202, {"status": "InProgress"}), RUNS),
        (Follow.EITHER, answer(202, {"status": "Succeeded"}), DONE),
        (Follow.EITHER, answer(200, {"status": "InProgress"}), RUNS),
        (Follow.EITHER, answer(202), RUNS),
        (Follow.EITHER, answer(200), DONE),
        (Follow.EITHER, answer(204), DONE),
        (Follow.RESULT, answer(202), RUNS),
        (Follow.RESULT, answer(200), DONE),
        (Follow.RESULT, answer(204), DONE),
        (Follow.RESULT, answer(201, {"status": "Online"}), DONE),
        (Follow.RESULT, answer(200, provisioning("Updating")), RUNS),
        (Follow.RESOURCE, answer(200, provisioning("Creating")), RUNS),
        (Follow.RESOURCE, answer(200, provisioning("succeeded")), DONE),
        (Follow.RESOURCE, answer(200, provisioning("Failed")), OperationFailed("Failed", "")),
        (Follow.RESOURCE, answer(200, provisioning(None)), DONE),
        (Follow.RESOURCE, answer(200, []), DONE),
    ],
)
def test_what_a_poll_says(follow: Follow, polled: RestAnswer, expected: OperationProgress | str) -> None:
    progress = interpret(Operation(URL, follow), polled)
    if expected == RUNS:
        assert progress == OperationRunning(Operation(URL, follow, DEFAULT_INTERVAL_S))
    else:
        assert progress == expected


def test_the_next_poll_is_when_arm_says() -> None:
    progress = interpret(Operation(URL, Follow.RESULT), answer(202, retry_after="12"))
    assert isinstance(progress, OperationRunning)
    assert progress.after_s == 12


def test_a_result_may_move() -> None:
    progress = interpret(Operation(URL, Follow.RESULT), answer(202, location=f"{URL}/moved"))
    assert progress == OperationRunning(Operation(f"{URL}/moved", Follow.RESULT))


@pytest.mark.parametrize("follow", list(Follow))
def test_an_operation_survives_being_stored(follow: Follow) -> None:
    operation = Operation(URL, follow, 1.5)
    assert Operation.from_json(json.loads(json.dumps(operation.as_json()))) == operation


@pytest.mark.parametrize("stored", [{}, {"url": URL, "follow": "x", "afterSeconds": 1}, {"url": URL, "follow": "both"}])
def test_what_is_no_operation_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"operation|Follow"):
        Operation.from_json(stored)
