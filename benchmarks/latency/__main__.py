"""`python -m benchmarks.latency`: from the last upload to the POST, on the real stack, for both sources of events."""

import argparse
import logging
import os
import statistics

from rich.console import Console
from rich.table import Table

from benchmarks.latency.measure import Round
from benchmarks.latency.stack import watched_stack
from local.events.options import Events

_SOURCES = {"Event Grid": Events(), "polling": None}
_FILES = (1, 500)
# Seconds that the median may be with a quiet window of 5 s; polling counts from when the trigger saw the files.
_LIMITS_S = {1: 6.5, 500: 7.5}
_ASKING = {"RELAY_AIRFLOW_API": "entra"}


def main() -> None:
    """Measure with the shipped settings: a quiet window of 5 s, checks as warnings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each (default: %(default)s)")
    parser.add_argument("--verdicts", type=int, default=3, help="waits for Airflow's verdict (default: %(default)s)")
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    table = Table("source", "files", "upload to POST, s", "least", "most", "trigger to POST, s", "limit, s", "ratio")
    for name, events in _SOURCES.items():
        with watched_stack(events) as stack:
            for files in _FILES:
                rounds = [stack.run(files, number) for number in range(given.rounds)]
                limit = _LIMITS_S[files]
                waited = statistics.median(each.after_upload if events else each.after_trigger for each in rounds)
                table.add_row(name, str(files), *_shown(rounds), f"{limit:.1f}", f"{waited / limit:.2f}")
    if given.verdicts:
        # Not before: the relay asks no Airflow unless it is told to, and looks at 500 files take part of the machine.
        os.environ.update(_ASKING)
        with watched_stack(Events()) as stack:
            seconds = statistics.median(stack.verdict(number) for number in range(given.verdicts))
        table.caption = f"upload to Airflow's verdict, Event Grid, one file: {seconds:.1f} s"
    Console(width=120).print(table)


def _shown(rounds: list[Round]) -> list[str]:
    after = [each.after_upload for each in rounds]
    numbers = (
        statistics.median(after),
        min(after),
        max(after),
        statistics.median(each.after_trigger for each in rounds),
    )
    return [f"{number:.1f}" for number in numbers]


if __name__ == "__main__":
    main()
