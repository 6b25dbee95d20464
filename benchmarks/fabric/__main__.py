"""`python -m benchmarks.fabric`: a table of loads and changes; exit code 1 if a limit in docs/benchmarks.md is missed.

The relay, its engine and the emulated job are real; the time is virtual, and a call takes a quarter of a second.
"""

import argparse
import logging
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.fabric.peer import Peer
from benchmarks.fabric.relay import Relay
from benchmarks.fabric.wire import LANES, LATENCY_S, Wire

FILES = 2500
QUOTA = 200
_WINDOW_S = 60
# So that a folder is one page of a listing; each further page would be one more call.
_FILES_IN_FOLDER = 100


@dataclass(frozen=True, slots=True)
class Case:
    """What a change or a load took; `least_s` is the time of the PUTs alone, `other` counts calls that are no PUT."""

    title: str
    changed: int
    puts: int
    other: int
    refused: int
    seconds: float
    least_s: float
    wake_ups: int | None

    @property
    def ratio(self) -> float:
        """How much longer it took than the PUTs alone."""
        return self.seconds / self.least_s

    def row(self) -> tuple[str, ...]:
        """Return the case's row of the table."""
        counts = map(str, (self.changed, self.puts, self.other, self.refused))
        woken = "" if self.wake_ups is None else str(self.wake_ups)
        return (self.title, *counts, f"{self.seconds:.1f}", f"{self.least_s:.1f}", f"{self.ratio:.2f} x", woken)


def main() -> int:
    """Measure all cases, show them, and say whether the limits were kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fabric", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, help="in the folder; default: %(default)s")
    count = parser.parse_args().files
    heading = ("", "files changed", "PUT", "other calls", "refused", "s", "PUTs alone, s", "ratio", "wake-ups")
    table = Table(*heading, title=f"{count} files, {LANES} calls at once, {LATENCY_S:g} s each (virtual time)")
    cases = dict(measured(count))
    for case in cases.values():
        table.add_row(*case.row())
    Console(width=150).print(table)
    missed = list(missed_limits(cases))
    for sentence in missed:
        sys.stdout.write(f"missed: {sentence}\n")
    return 1 if missed else 0


def measured(count: int) -> Iterator[tuple[str, Case]]:
    """Measure all cases with a folder of so many files."""
    yield "load", _load("first load, no quota", count, quota=0)
    yield "quota", _load(f"first load, {QUOTA} calls a minute", count, quota=QUOTA)
    yield "crash", _load("first load, crash in the middle", count, quota=0, dies_after=count // 2)
    for changed in (1, 40, 400):
        if changed <= count:
            yield f"{changed}", _change(f"{changed} of {count} changed", count, changed)
            yield f"peer {changed}", _peer(f"{changed} of {count} changed, a peer that reads all back", count, changed)


def missed_limits(cases: dict[str, Case]) -> Iterator[str]:
    """Yield what the documents claim and a case does not keep."""
    one, quota = cases["1"], cases["quota"]
    if one.puts != 1 or one.other > 3:  # noqa: PLR2004 - what is claimed
        yield f"one changed file: expected 1 PUT and at most 3 other calls, saw {one.puts} and {one.other}"
    if quota.ratio > 1.05:  # noqa: PLR2004 - what is claimed
        yield f"first load with a quota: expected at most 1.05 x the PUTs alone, saw {quota.ratio:.3f} x"
    if repeated := [case.title for name, case in cases.items() if name != "crash" and case.puts != case.changed]:
        yield f"expected one PUT for each changed file in: {', '.join(repeated)}"


def _folder(count: int, version: str = "first") -> dict[str, bytes]:
    return {f"dags/t{n // _FILES_IN_FOLDER}/dag_{n}.py": f"VERSION = '{version}', {n}\n".encode() for n in range(count)}


def _load(title: str, count: int, *, quota: int, dies_after: int | None = None) -> Case:
    relay = Relay(Wire(quota), dies_after=dies_after)
    relay.write(_folder(count))
    relay.wire.start_counting()
    relay.sync()
    return _case(title, relay.wire, relay.files, count, relay.wake_ups)


def _change(title: str, count: int, changed: int) -> Case:
    relay = _loaded(count)
    relay.write(_folder(changed, "second"))
    relay.wire.start_counting()
    before, relay.wire.quota = relay.wake_ups, QUOTA
    relay.sync()
    return _case(title, relay.wire, relay.files, changed, relay.wake_ups - before)


def _peer(title: str, count: int, changed: int) -> Case:
    relay = _loaded(count)
    files = relay.files | _folder(changed, "second")
    relay.wire.start_counting()
    relay.wire.quota = QUOTA
    Peer(relay.wire).sync(files)
    return _case(title, relay.wire, files, changed, None)


def _loaded(count: int) -> Relay:
    relay = Relay(Wire(0))
    relay.write(_folder(count))
    relay.sync()
    return relay


def _case(title: str, wire: Wire, files: dict[str, bytes], changed: int, wake_ups: int | None) -> Case:
    if wire.held != files:
        raise RuntimeError(f"{title}: the job does not hold what the folder holds")
    puts, refused = wire.calls["PUT"], wire.calls["refused"]
    other = wire.calls.total() - puts - refused
    return Case(title, changed, puts, other, refused, wire.seconds, _least_s(changed, wire.quota), wake_ups)


def _least_s(puts: int, quota: int) -> float:
    """Return how long the PUTs alone take at least: all lanes busy, and each minute's quota used at its beginning."""
    windows = (puts - 1) // quota if quota else 0
    return windows * _WINDOW_S + math.ceil((puts - windows * quota) / LANES) * LATENCY_S


if __name__ == "__main__":
    # Not in `main`, which a test may call: it would silence every test after it.
    logging.disable(logging.CRITICAL)
    sys.exit(main())
