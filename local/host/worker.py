"""Drives the worker library, in this process, through the handlers that Azure's proxy worker calls.

The library keeps its state in module globals: one app per process. It neither puts the app's folder on `sys.path` nor
changes into it; the proxy worker does both, so this module does.
"""

import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure_functions_runtime import handle_event
from azure_functions_runtime.utils.threadpool import start_threadpool_executor

from local.host import protos
from local.host.errors import StartError
from local.host.protos import Message, ParameterBinding, TypedData
from local.host.traces import TraceContext

SCRIPT_FILE = "function_app.py"
_Handler = Callable[[Message], Awaitable[Message]]
_INIT: _Handler = handle_event.worker_init_request
_METADATA: _Handler = handle_event.functions_metadata_request
_LOAD: _Handler = handle_event.function_load_request
_INVOKE: _Handler = handle_event.invocation_request


@dataclass(frozen=True, slots=True)
class IndexedFunction:
    """What the worker found: a function and its bindings as the programming model wrote them."""

    name: str
    function_id: str
    bindings: tuple[dict[str, Any], ...]
    has_retry_policy: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one invocation came to; `error` is None after a success."""

    return_value: TypedData | None
    error: str | None
    stack_trace: str


async def index_app(app_dir: Path) -> list[IndexedFunction]:
    """Import the app in `app_dir` and list its functions; raise StartError with the app's own message."""
    if not (app_dir / SCRIPT_FILE).is_file():
        raise StartError(f"no {SCRIPT_FILE} in {app_dir}")
    sys.path.insert(0, str(app_dir))
    os.chdir(app_dir)
    start_threadpool_executor()
    with _quiet_worker():
        response = await _INIT(_init_request(app_dir))
    if response.result.status != protos.StatusResult.Success:
        raise StartError(f"cannot index {app_dir / SCRIPT_FILE}: {_app_message(response.result.exception.message)}")
    metadata = await _METADATA(_request())
    return [await _load(each) for each in metadata.function_metadata_results or ()]


async def invoke(
    function_id: str,
    inputs: Mapping[str, TypedData],
    trigger_metadata: Mapping[str, TypedData],
    invocation_id: str,
    trace: TraceContext,
) -> Outcome:
    """Run a function once; its exceptions are in the outcome."""
    invocation = Message(
        invocation_id=invocation_id,
        function_id=function_id,
        input_data=[ParameterBinding(name=name, data=data) for name, data in inputs.items()],
        trigger_metadata=trigger_metadata,
        trace_context=Message(trace_parent=trace.traceparent, trace_state=trace.tracestate, attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    response = await _INVOKE(_request(invocation_request=invocation))
    if response.result.status == protos.StatusResult.Success:
        return Outcome(response.return_value, None, "")
    exception = response.result.exception
    return Outcome(None, exception.message, exception.stack_trace)


def _request(**content: Message) -> Message:
    return Message(request=Message(**content), properties={"host": "127.0.0.1", "protos": protos})


def _init_request(app_dir: Path) -> Message:
    return _request(worker_init_request=Message(capabilities={}, function_app_directory=str(app_dir)))


async def _load(metadata: Message) -> IndexedFunction:
    request = Message(function_id=metadata.function_id)
    await _LOAD(_request(function_load_request=request))
    return IndexedFunction(
        name=metadata.name,
        function_id=metadata.function_id,
        bindings=tuple(json.loads(each) for each in metadata.raw_bindings),
        has_retry_policy=metadata.retry_options is not None,
    )


def _app_message(message: str) -> str:
    # The worker appends advice and the whole sys.path to an import error, which buries what happened.
    return message.split(". Cannot find module.", 1)[0]


@contextmanager
def _quiet_worker() -> Iterator[None]:
    """Hold the worker's own logger back: it repeats, with the sys.path, what StartError is about to say."""
    logger = logging.getLogger("azure.functions")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
