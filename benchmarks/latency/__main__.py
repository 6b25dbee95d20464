"""`python -m benchmarks.latency`: from the last upload to the POST, on the real stack, for both sources of events."""

import argparse
import logging
import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azure.storage.blob import ContainerClient
from rich.console import Console
from rich.table import Table

from benchmarks.latency.measure import CONTAINER, Round, Watched
from local.events.options import Events
from local.stack import Plan, running

_SOURCES = {"Event Grid": Events(), "polling": None}
_FILES = (1, 500)
_ASKING = {"RELAY_AIRFLOW_API": "basic", "RELAY_AIRFLOW_USER": "relay", "RELAY_AIRFLOW_PASSWORD": "benchmark"}


def main() -> None:
    """Measure with the shipped settings: a quiet window of 5 s, checks as warnings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds of each (default: %(default)s)")
    parser.add_argument("--verdicts", type=int, default=3, help="waits for Airflow's verdict (default: %(default)s)")
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    table = Table("source", "files", "upload to POST, s", "least", "most", "trigger to POST, s")
    for name, events in _SOURCES.items():
        with _stack(events) as stack:
            for files in _FILES:
                rounds = [stack.run(files, number) for number in range(given.rounds)]
                table.add_row(name, str(files), *_shown(rounds))
            if events and given.verdicts:
                seconds = statistics.median(stack.verdict(number) for number in range(given.verdicts))
                table.caption = f"upload to Airflow's verdict, {name}, one file: {seconds:.1f} s"
    Console(width=120).print(table)


@contextmanager
def _stack(events: Events | None) -> Iterator[Watched]:
    os.environ.update(_ASKING)
    with Path(os.devnull).open("w") as nowhere, running(Plan(0, 0, 0, events=events), nowhere) as stack:
        with ContainerClient.from_connection_string(stack.addresses.connection_string, CONTAINER) as container:
            container.create_container()
        watched = Watched(stack.addresses)
        # The first round makes and imports everything.
        watched.run(1, -1)
        yield watched


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
