"""`python -m benchmarks.memory`: the memory of the worker's process after each of many bursts, on the real stack.

On Microsoft's host the worker is a process of its own; the stand-in host runs it in its own process, which counts too.
Exit code 1 if the process still grows after the first bursts. Ten minutes after its start Azurite clears up what was
overwritten, and answers nothing for minutes; the bursts should be over by then.
"""

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Sequence
from typing import get_args
from urllib.parse import urlsplit

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.latency.measure import SETTLED_S
from benchmarks.latency.stack import watched_stack
from local.events.options import Events
from local.functions_host import HostName

# The median of the last third of the bursts, against that of the third before: connections, caches and the allocator's
# arenas have their size by then.
LIMIT = 1.05


def main() -> int:
    """Upload burst after burst, print the memory after each, and compare the last ones with those before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--bursts", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--files", type=int, default=500, help="files in each burst (default: %(default)s)")
    parser.add_argument("--host", choices=get_args(HostName), default="standin", help="default: %(default)s")
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    console, measured = Console(width=120), []
    with watched_stack(Events(), host=given.host) as stack:
        worker = _worker(stack.addresses.app)
        for number in range(given.bursts):
            stack.sync(given.files, number)
            # What comes after a POST (records, checks) is over by then.
            time.sleep(SETTLED_S)
            measured.append(_resident_mib(worker))
            console.print(f"burst {number + 1}: {measured[-1]:.1f} MiB")
    before, last, ratio = growth(measured)
    table = Table("MiB before", "MiB in the last third", "ratio", "limit", title=f"{given.bursts} bursts, medians")
    table.add_row(f"{before:.1f}", f"{last:.1f}", f"{ratio:.3f}", f"{LIMIT:.2f}")
    console.print(table)
    return int(ratio > LIMIT)


def growth(measured: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of the second third and of the last, and by how much the last is larger."""
    third = max(1, len(measured) // 3)
    before, last = statistics.median(measured[-2 * third : -third] or measured), statistics.median(measured[-third:])
    return before, last, last / before


def _resident_mib(worker: psutil.Process) -> float:
    try:
        return float(worker.memory_info().rss) / 2**20
    except psutil.NoSuchProcess:
        raise SystemExit("the worker ended during a burst, so there is no series") from None


def _worker(app: str) -> psutil.Process:
    """Return the process that runs the app: the host's child, or the stand-in host itself."""
    port = urlsplit(app).port
    listening = (each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN)
    host = psutil.Process(next(each.pid for each in listening if each.laddr and each.laddr.port == port))
    workers = [child for child in host.children(recursive=True) if "python" in child.name()]
    return max(workers, key=lambda child: child.memory_info().rss, default=host)


if __name__ == "__main__":
    sys.exit(main())
