"""Measuring: all ways take turns within one run, each round of each is a rate, and the median of the rounds counts."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per second: the median of the rounds, the slowest and the fastest."""

    median: float
    lowest: float
    highest: float


def rates(ways: Mapping[str, Sequence[Call]], calls: Mapping[str, int], rounds: int) -> dict[str, Rate]:
    """Return the rate of each way; one that is given several functions has them called at the same time.

    `calls` are those of a round, all functions of a way together. The first round only warms up.
    """
    names = list(ways)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found[name].append(_rate(ways[name], calls[name]))
    return {name: _summed_up(of_rounds[1:]) for name, of_rounds in found.items()}


def _rate(together: Sequence[Call], calls: int) -> float:
    each = calls // len(together)
    started = time.perf_counter()
    if len(together) == 1:
        _repeat(together[0], each)
    else:
        with ThreadPoolExecutor(len(together)) as threads:
            list(threads.map(lambda call: _repeat(call, each), together))
    return each * len(together) / (time.perf_counter() - started)


def _repeat(call: Call, times: int) -> None:
    for _ in range(times):
        call()


def _summed_up(of_rounds: Sequence[float]) -> Rate:
    return Rate(statistics.median(of_rounds), min(of_rounds), max(of_rounds))
