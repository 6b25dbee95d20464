"""`python -m benchmarks.folder`: a folder of 10,000 files in Azurite, against the SDK's own listing of it."""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from azure.storage.blob import BlobServiceClient
from rich.console import Console
from rich.table import Table

from benchmarks.storage import running_azurite
from shared.folder.listing import list_folder
from shared.folder.path import FolderPath
from shared.storage.clock import note_date
from shared.sync.baseline import Baseline

FOLDER = FolderPath.parse("files/airflow")
# What a listing may take of the SDK's CPU time.
LIMIT = 0.2
ROUNDS = 5

Result = TypeVar("Result")


def main() -> None:
    """Fill a folder, look at it a few times, print medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folder", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="default: %(default)s")
    files = parser.parse_args().files
    with running_azurite() as azurite:
        _measure(
            BlobServiceClient.from_connection_string(azurite.connection_string, raw_response_hook=note_date), files
        )


def _measure(blobs: BlobServiceClient, files: int) -> None:
    container = blobs.create_container(FOLDER.container)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: container.upload_blob(f"airflow/dags/{n}.py", str(n).encode()), range(files)))
    table = Table("step", "ms", "CPU ms", "of the SDK's CPU", "peak MiB", title=f"{files:,} files, medians of {ROUNDS}")
    prefix, fields = FOLDER.listing_prefix, ["metadata"]
    sdk, _ = _row(table, "the SDK's list loop", lambda: _count(container.list_blobs(prefix, include=fields)))
    _, manifest = _row(table, f"listing, from Azurite (limit {LIMIT:.2f})", lambda: list_folder(blobs, FOLDER), sdk)
    _row(table, "revision (digest)", lambda: manifest.revision)
    _, baseline = _row(table, "baseline to JSON", lambda: Baseline().after(manifest, "sync-1").model_dump_json())
    _row(table, "diff against a stored baseline", lambda: Baseline.model_validate_json(baseline).diff(manifest))
    Console(width=120).print(table)


def _count(blobs: Iterable[object]) -> int:
    """Go through a listing and keep nothing of it."""
    return sum(1 for _ in blobs)


def _row(table: Table, step: str, run: Callable[[], Result], sdk_s: float | None = None) -> tuple[float, Result]:
    """Measure a step; return the median of its CPU seconds, and its result."""
    seconds, cpu = [], []
    for _ in range(ROUNDS):
        started, used = time.perf_counter(), time.process_time()
        result = run()
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    cpu_s = statistics.median(cpu)
    ratio = "" if sdk_s is None else f"{cpu_s / sdk_s:.2f}"
    medians = (f"{each * 1000:.1f}" for each in (statistics.median(seconds), cpu_s))
    table.add_row(step, *medians, ratio, f"{peak / 2**20:.1f}")
    return cpu_s, result


if __name__ == "__main__":
    main()
