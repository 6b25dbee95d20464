"""Measuring: calls interleaved in one process, import time and memory in a fresh process for each."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_WARM_UP = 50
_FRESH = """
import json, psutil, sys, time
sys.path.insert(0, "")
before, started = psutil.Process().memory_info().rss, time.perf_counter()
from benchmarks.arm.callers import installed
put = installed()[sys.argv[1]](sys.argv[2], sys.argv[3])
took = time.perf_counter() - started
put()
print(json.dumps([took * 1000, (psutil.Process().memory_info().rss - before) / 2**20]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians: milliseconds per call, milliseconds until the first call can be made, MiB after it."""

    wall_ms: float
    cpu_ms: float
    import_ms: float
    memory_mib: float


def per_call(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the median wall and CPU milliseconds of each way; every round calls each once, in turning order."""
    names = list(ways)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number in range(_WARM_UP + rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            wall, cpu = time.perf_counter(), time.thread_time()
            ways[name]()
            taken[name].append((time.perf_counter() - wall, time.thread_time() - cpu))
    return {name: _medians(samples[_WARM_UP:]) for name, samples in taken.items()}


def fresh(name: str, arm: str, token: str, times: int) -> tuple[float, float]:
    """Return the median import milliseconds and MiB of one way in fresh processes."""
    samples = []
    for _ in range(times):
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", _FRESH, name, arm, token], check=True, capture_output=True, text=True
        )
        samples.append(tuple(json.loads(done.stdout)))
    imports, memory = zip(*samples, strict=True)
    return statistics.median(imports), statistics.median(memory)


def _medians(samples: list[tuple[float, float]]) -> tuple[float, float]:
    wall, cpu = zip(*samples, strict=True)
    return statistics.median(wall) * 1000, statistics.median(cpu) * 1000
