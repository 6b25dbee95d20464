"""`python -m benchmarks.start`: indexing the app, with and without byte code, against importing what it is built on.

Each run is a fresh process that only imports. *With byte code* is the app as `make package` ships it: unpacked, read
from its `.pyc` files. *Without* is the same folder with those files removed, and none written. The packages that
requirements.txt brings have their byte code in both cases.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.app_settings import ROOT, sample
from local.package.archive import write_archive
from local.package.funcignore import published

ROUNDS = 15
SEED_PACKAGES = "import azure.functions, azure.identity, azure.storage.blob, requests, pydantic"
INDEX = "import function_app; function_app.app.get_functions()"

# Peak memory is VmHWM, in kB (proc(5)): what the kernel has seen of this process, the interpreter included.
_MEASURED = """
import json, time
started = time.perf_counter()
{statement}
seconds = time.perf_counter() - started
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([seconds, int(peak) / 1024]))
"""

Measurement = tuple[float, float]


def main() -> None:
    """Measure in turns, print medians and ratios."""
    with _unpacked() as with_byte_code, _unpacked() as without:
        for cache in list(without.rglob("__pycache__")):
            shutil.rmtree(cache)
        cases = {
            "importing the five packages": (SEED_PACKAGES, with_byte_code),
            "index, with byte code": (INDEX, with_byte_code),
            "index, without byte code": (INDEX, without),
        }
        runs: dict[str, list[Measurement]] = {case: [] for case in cases}
        for _ in range(ROUNDS):
            for case, (statement, folder) in cases.items():
                runs[case].append(_run(statement, folder))
    _print(runs)


@contextmanager
def _unpacked() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "app.zip")
        write_archive(ROOT, published(ROOT), archive)
        app = Path(folder, "app")
        with zipfile.ZipFile(archive) as package:
            package.extractall(app)
        yield app


def _run(statement: str, folder: Path) -> Measurement:
    """Return seconds and peak MiB of one fresh process."""
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-B", "-c", _MEASURED.format(statement=statement)],
        cwd=folder,
        env=os.environ | sample(),
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds, peak = json.loads(ran.stdout)
    return seconds, peak


def _print(runs: dict[str, list[Measurement]]) -> None:
    table = Table("step", "ms", "of the packages", "peak MiB", title=f"medians of {ROUNDS} fresh processes, in turns")
    yardstick = statistics.median(seconds for seconds, _ in next(iter(runs.values())))
    for case, measured in runs.items():
        seconds, peak = (statistics.median(values) for values in zip(*measured, strict=True))
        table.add_row(case, f"{seconds * 1000:.0f}", f"{seconds / yardstick:.2f}", f"{peak:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
