from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from local.arm.operations import Operation, combined_answer, result_answer, status_answer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAUSE = {"Retry-After": "1"}
RUNNING = Operation(NOW + timedelta(seconds=1))
DONE = Operation(NOW)
FAILED = Operation(NOW, {"code": "FolderNotFound", "message": "nothing there"})


def test_an_operation_runs_until_its_end_is_known_and_reached() -> None:
    assert [operation.status(NOW) for operation in (Operation(), RUNNING, DONE, FAILED)] == [
        "InProgress",
        "InProgress",
        "Succeeded",
        "Failed",
    ]


def test_a_status_is_always_200() -> None:
    running, done, failed = (status_answer(operation, NOW, PAUSE) for operation in (RUNNING, DONE, FAILED))
    assert (running.status, running.body, running.headers) == (200, {"status": "InProgress"}, PAUSE)
    assert (done.status, done.body) == (200, {"status": "Succeeded"})
    assert (failed.status, failed.body) == (200, {"status": "Failed", "error": FAILED.error})


def test_a_result_is_202_then_the_answer() -> None:
    running, done, failed = (result_answer(operation, NOW, PAUSE) for operation in (RUNNING, DONE, FAILED))
    assert (running.status, running.body, running.headers) == (HTTPStatus.ACCEPTED, None, PAUSE)
    assert (done.status, done.body) == (200, None)
    assert (failed.status, failed.body) == (HTTPStatus.BAD_REQUEST, {"error": FAILED.error})


def test_a_combined_answer_suits_both_ways_of_polling() -> None:
    running, done = (combined_answer(operation, NOW, PAUSE) for operation in (RUNNING, DONE))
    assert (running.status, running.body) == (HTTPStatus.ACCEPTED, {"status": "InProgress"})
    assert (done.status, done.body) == (200, {"status": "Succeeded"})
