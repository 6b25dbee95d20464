"""`python -m benchmarks.throttle`: 1,000 routes change at once; when is the last one synced? Virtual time.

The limit is ARM's: 200 writes, and 10 more every second. The alternative is a fleet whose threads send each sync as
soon as they can, and after a 429 when `Retry-After` says, as a client without a pace does.
"""

import logging
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.throttle.arm import ThrottledArm
from benchmarks.throttle.relay import Fleet
from benchmarks.throttle.virtual_time import VirtualTime
from local.arm.throttle import RULES

_ROUTES = 1000
_INSTANCES = (1, 4, 10, 40)
_THREADS = 16
_MOST = 1.2
_LIMIT_S = (_ROUTES - RULES["writes"].capacity) / RULES["writes"].per_second


def _alternative(instances: int) -> ThrottledArm:
    """Return ARM after all syncs were made by threads that obey `Retry-After` and nothing else."""
    time = VirtualTime()
    arm, left = ThrottledArm(time), list(range(_ROUTES))

    def call(method: str) -> None:
        while wait := arm.send(method, None, None, {}, time_left_s=60).headers.get("Retry-After"):  # type: ignore[arg-type]
            time.sleep(float(wait))

    def work() -> None:
        while left:
            left.pop()
            call("GET")
            call("POST")

    time.run([work] * instances * _THREADS)
    return arm


def main() -> None:
    """Print the table; fail if a limit is missed."""
    logging.disable(logging.CRITICAL)
    table = Table(
        "instances", "last sync", "of the limit", "429", "failed records", "not ready", "alternative", "its 429"
    )
    missed = False
    for instances in _INSTANCES:
        time = VirtualTime()
        fleet = Fleet(time, ThrottledArm(time), _ROUTES, instances)
        fleet.run()
        other, failed = _alternative(instances), fleet.outcomes().keys() - {"accepted"}
        ratio = fleet.arm.last_sync / _LIMIT_S
        missed = missed or ratio > _MOST or bool(failed) or bool(fleet.red)
        table.add_row(
            str(instances),
            f"{fleet.arm.last_sync:.0f} s",
            f"{ratio:.2f} x",
            str(fleet.arm.answers[429]),
            str(sum(fleet.outcomes()[outcome] for outcome in failed)),
            str(fleet.red),
            f"{other.last_sync:.0f} s, {other.last_sync / _LIMIT_S:.2f} x",
            str(other.answers[429]),
        )
        Console().print(f"{instances} instances: {fleet.arm.last_sync:.0f} s", style="dim")
    Console(width=120).print(table)
    Console().print(
        f"the limit: {_LIMIT_S:.0f} s for {_ROUTES} routes; aim: {_MOST} x, no failed record, no route not ready"
    )
    sys.exit(missed)


if __name__ == "__main__":
    main()
