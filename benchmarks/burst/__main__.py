"""`python -m benchmarks.burst`: the table of bursts and policies; exit code 1 if ours is beaten on both counts."""

import logging
import statistics
import sys
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.table import Table

from benchmarks.burst.bursts import BURSTS, Burst
from benchmarks.burst.policies import Outcome, by_events, by_scans, per_event, polling, relay

PHASES = (0.05, 0.5, 0.95)
OURS = "DAG Relay, Event Grid"
OURS_POLLING = "DAG Relay, polling"
POLICIES: dict[str, Callable[[Burst, float], Outcome]] = {
    "a sync per event": per_event,
    "polling every 30 s": partial(polling, 30.0),
    "polling every 60 s": partial(polling, 60.0),
    "polling every 300 s": partial(polling, 300.0),
    OURS: partial(relay, by_events),
    OURS_POLLING: partial(relay, by_scans),
}


def main() -> int:
    """Run every policy on every burst and show medians over where timers stand."""
    table = Table("burst", "policy", "sync calls", "last change to POST, s", "storage requests")
    beaten = False
    for title, burst in BURSTS.items():
        rows = {name: _measured(policy, burst) for name, policy in POLICIES.items()}
        for name, (calls, seconds, requests) in rows.items():
            table.add_row(title, name, f"{calls:g}", f"{seconds:.1f}", "" if requests is None else f"{requests:g}")
        table.add_section()
        beaten |= any(row[0] < rows[OURS][0] and row[1] < rows[OURS][1] for row in rows.values())
    Console(width=120).print(table)
    return 1 if beaten else 0


def _measured(policy: Callable[[Burst, float], Outcome], burst: Burst) -> tuple[float, float, float | None]:
    """Return the medians of calls, of seconds until the last change is in, and of storage requests."""
    outcomes = [policy(burst, phase) for phase in PHASES]
    last = burst[-1].at
    waits = [min(call for call in outcome.calls if call >= last) - last for outcome in outcomes]
    requests = [outcome.storage_requests for outcome in outcomes if outcome.storage_requests is not None]
    calls = statistics.median(len(outcome.calls) for outcome in outcomes)
    return calls, statistics.median(waits), statistics.median(requests) if requests else None


if __name__ == "__main__":
    # Not in `main`, which a test calls: it would silence every test after it.
    logging.disable(logging.CRITICAL)
    sys.exit(main())
