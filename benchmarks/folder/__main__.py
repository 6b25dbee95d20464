"""`python -m benchmarks.folder`: a folder of 10,000 files in Azurite, against the SDK's own listing of it.

A folder of more files is listed from a stand-in that repeats a page of Azurite's (`benchmarks/folder/repeated.py`).
"""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from azure.storage.blob import BlobServiceClient, ContainerClient
from rich.console import Console
from rich.table import Table

from benchmarks.folder.repeated import repeated
from benchmarks.storage import running_azurite
from shared.folder.listing import list_folder
from shared.folder.manifest import Manifest
from shared.folder.path import FolderPath
from shared.storage.clock import note_date
from shared.storage.documents import BlobDocuments
from shared.storage.listing import PAGE_SIZE
from shared.sync.baseline import Baseline
from shared.sync.baseline_store import Baselines
from tests.unit.memory import make_route

FOLDER = FolderPath.parse("files/airflow")
DAGS = "airflow/dags/"
# Beyond that, Azurite takes too long.
MOST_UPLOADS = 10_000
# What a listing may take of the SDK's CPU time.
LIMIT = 0.2
ROUNDS = 5
ROUTE = make_route()

Result = TypeVar("Result")


def main() -> None:
    """Fill a folder, look at it a few times, print medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folder", description=__doc__)
    parser.add_argument(
        "--files", type=int, default=10_000, help="above 10,000, a multiple of 5,000 (default: %(default)s)"
    )
    files = parser.parse_args().files
    if files > MOST_UPLOADS and files % PAGE_SIZE:
        parser.error(f"expected a multiple of {PAGE_SIZE:,}, got {files:,}")
    with running_azurite() as azurite, ExitStack() as stack:
        blobs = BlobServiceClient.from_connection_string(azurite.connection_string, raw_response_hook=note_date)
        container = _fill(blobs, files if files <= MOST_UPLOADS else PAGE_SIZE)
        listed = blobs
        if files > MOST_UPLOADS:
            listing = f"{container.url}?restype=container&comp=list&include=metadata&maxresults={PAGE_SIZE}"
            server = stack.enter_context(repeated(listing, DAGS, files // PAGE_SIZE))
            listed = BlobServiceClient(f"{server}/{blobs.account_name}", blobs.credential, raw_response_hook=note_date)
        _measure(listed, blobs.create_container("dag-relay"), files)


def _fill(blobs: BlobServiceClient, files: int) -> ContainerClient:
    container = blobs.create_container(FOLDER.container, public_access="container")
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(lambda n: container.upload_blob(f"{DAGS}{n}.py", str(n).encode()), range(files)):
            pass
    return container


def _measure(blobs: BlobServiceClient, documents: ContainerClient, files: int) -> None:
    container = blobs.get_container_client(FOLDER.container)
    table = Table("step", "ms", "CPU ms", "of the SDK's CPU", "peak MiB", title=f"{files:,} files, medians of {ROUNDS}")
    prefix, fields = FOLDER.listing_prefix, ["metadata"]
    sdk, _ = _row(table, "the SDK's list loop", lambda: _count(container.list_blobs(prefix, include=fields)))
    _, manifest = _row(table, f"listing (limit {LIMIT:.2f})", lambda: list_folder(blobs, FOLDER), sdk)
    _row(table, "revision (digest)", lambda: manifest.revision)
    written = _baseline(table, documents, manifest)
    console = Console(width=120)
    console.print(table)
    console.print(f"a sync of one changed file writes {written.sync:,} of the baseline's {written.whole:,} bytes")


@dataclass(frozen=True, slots=True)
class Written:
    """What a sync of one changed file writes of a baseline, and what the whole of it takes, in bytes."""

    sync: int
    whole: int


def _baseline(table: Table, container: ContainerClient, manifest: Manifest) -> Written:
    """Measure what a sync does with the baseline, and return what it writes there."""
    baselines = Baselines(BlobDocuments(container))
    baselines.update(ROUTE, partial(_synced, manifest))
    first, *rest = manifest.files
    changed = replace(manifest, files=(replace(first, content="md5:other", etag="other"), *rest))
    _, loaded = _row(table, "baseline, from Azurite", lambda: baselines.load(ROUTE))
    _row(table, "diff against it", lambda: loaded.baseline.diff(changed))
    _row(
        table,
        "baseline with one changed file, to Azurite",
        lambda: baselines.stage(ROUTE, partial(_synced, changed), loaded),
    )
    sizes = {blob.name: blob.size for blob in container.list_blobs("baselines/")}
    staged = sizes.pop(f"baselines/{ROUTE.name}.staged.json")
    return Written(staged, sum(sizes.values()))


def _synced(manifest: Manifest, before: Baseline) -> Baseline:
    return before.after(manifest, "sync", ROUTE.target)


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
