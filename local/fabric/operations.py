"""Long-running operations, and the answers with which Fabric lets a caller follow them.

Source: "Long running operations" of the Fabric REST API. Every answer while it runs names itself in `Location`, which
Microsoft's fabric-cicd needs; a finished one names its result, and nothing if it has none.
"""

from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

from local.arm.exchange import Answer, JsonObject
from local.arm.journal import timestamp
from local.fabric.errors import FabricError
from local.fabric.state import Asked, Operation


def begun(
    asked: Asked,
    *,
    result: JsonObject | None = None,
    error: FabricError | None = None,
    lasts: timedelta | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Answer:
    """Answer a request that may take long: 202 with an operation, or at once if the settings say so."""
    if not asked.settings.fabric_long_running:
        return error.answer(str(uuid4())) if error else Answer(status, result)
    ends = asked.now + (timedelta(seconds=asked.settings.provisioning_seconds) if lasts is None else lasts)
    key = str(uuid4())
    asked.fabric.operations[key] = Operation(asked.now, ends, result, error.body() if error else None)
    return Answer(HTTPStatus.ACCEPTED, headers={"x-ms-operation-id": key, **_follow(asked, key)})


def get(asked: Asked) -> Answer:
    """Say where an operation stands; always 200."""
    operation = _known(asked)
    shown: JsonObject = {
        "status": _status(asked, operation),
        "createdTimeUtc": timestamp(operation.began),
        "lastUpdatedTimeUtc": timestamp(min(asked.now, operation.ends)),
        "percentComplete": 100 if asked.now >= operation.ends else 0,
    }
    match shown["status"]:
        case "Running":
            return Answer(body=shown, headers=_follow(asked, asked.names["operation"]))
        case "Failed":
            return Answer(body=shown | {"error": operation.error})
        case _:
            return Answer(body=shown, headers=_result(asked) if operation.result is not None else {})


def result(asked: Asked) -> Answer:
    """Return what the request would have answered at once."""
    operation = _known(asked)
    if _status(asked, operation) != "Succeeded" or operation.result is None:
        raise FabricError(HTTPStatus.BAD_REQUEST, "OperationHasNoResult", "The operation has no result.")
    return Answer(body=operation.result)


def _status(asked: Asked, operation: Operation) -> str:
    if asked.now < operation.ends:
        return "Running"
    return "Failed" if operation.error else "Succeeded"


def _known(asked: Asked) -> Operation:
    operation = asked.fabric.operations.get(asked.names["operation"].lower())
    if operation is None:
        raise FabricError.not_found("operation", "OperationNotFound")
    return operation


def _follow(asked: Asked, key: str) -> dict[str, str]:
    return {
        "Location": f"{asked.call.origin}/v1/operations/{key}",
        "Retry-After": str(asked.settings.retry_after),
    }


def _result(asked: Asked) -> dict[str, str]:
    return {"Location": f"{asked.call.origin}/v1/operations/{asked.names['operation']}/result"}
