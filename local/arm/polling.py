"""Answers to a caller that polls a long-running operation."""

from collections.abc import Callable, Mapping
from datetime import datetime

from local.arm.errors import ServiceError
from local.arm.exchange import Answer, Call
from local.arm.operations import Operation, combined_answer, result_answer, status_answer
from local.arm.state import Emulator
from local.arm.targets import Handler, Target


def _handler(answer: Callable[[Operation, datetime, Mapping[str, str]], Answer]) -> Handler:
    def handle(emulator: Emulator, _call: Call, target: Target) -> Answer:
        operation = emulator.operations.get(target.operation)
        if operation is None:
            raise ServiceError.not_found("OperationNotFound", f"There is no operation '{target.operation}'.")
        return answer(operation, emulator.clock(), emulator.pause())

    return handle


status = _handler(status_answer)
result = _handler(result_answer)
combined = _handler(combined_answer)
