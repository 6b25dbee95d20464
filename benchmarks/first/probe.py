"""What the fresh processes run, in the package's folder, with nothing installed but `requirements.txt`.

`python probe.py CASE REST_S` prints JSON, `[seconds, seconds of CPU]` each: until all is imported, then of each thing
done. `REST_S` is for how long the process is left alone before each of them but the last, which is done at once.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

_PACKAGES = ("azure.functions", "azure.identity", "azure.storage.blob", "requests", "pydantic")
_OK = 200
Functions = dict[Any, Callable[..., Any]]


def main(case: str, rest_s: float) -> None:
    """Do what the case says and print how long each step took."""
    sys.path.insert(0, "")
    started = _clocks()
    functions = _import_packages() if case == "packages" else _index()
    times = [_since(started)]
    logging.disable(logging.WARNING)
    steps = list(_steps(case))
    for number, (do, name) in enumerate(steps, start=1):
        if number < len(steps):
            time.sleep(rest_s)
        before = _clocks()
        do(functions, name)
        times.append(_since(before))
    sys.stdout.write(json.dumps(times))


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(before: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _clocks()
    return wall - before[0], cpu - before[1]


def _import_packages() -> Functions:
    for name in _PACKAGES:
        import_module(name)
    return {}


def _index() -> Functions:
    app = import_module("function_app").app
    found = {each.get_function_name(): each.get_user_function() for each in app.get_functions()}
    if "on_wake_up" not in found:
        raise SystemExit("the app is misconfigured")
    return found


def _steps(case: str) -> Iterator[tuple[Callable[[Functions, str], None], str]]:
    """Yield what to do, each time with another route or environment."""
    if case == "put":
        yield from ((_put, name) for name in json.loads(os.environ["PROBE_ENVIRONMENTS"]))
    if case == "reconcile":
        yield from ((_reconcile, name) for name in json.loads(os.environ["PROBE_ROUTES"]))


def _reconcile(functions: Functions, route: str) -> None:
    message = import_module("azure.functions").QueueMessage(id=route, body=json.dumps({"route": route}).encode())
    functions["on_wake_up"](message, _context())


def _put(functions: Functions, name: str) -> None:
    request = import_module("azure.functions").HttpRequest(
        "PUT",
        f"https://app.example/api/environments/{name}",
        headers={"Content-Type": "application/json"},
        route_params={"name": name},
        body=os.environ["PROBE_SPEC"].encode(),
    )
    status = functions["put_environment"](request, _context()).status_code
    if status != _OK:
        raise SystemExit(f"expected {_OK}, got {status}")


def _context() -> Any:  # noqa: ANN401 - stands for the worker's own class
    trace = SimpleNamespace(trace_parent="", trace_state="")
    return SimpleNamespace(function_name="probe", invocation_id="probe", trace_context=trace)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
