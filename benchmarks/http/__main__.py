"""`python -m benchmarks.http`: validated PUTs per second, against PUTs that go to ARM without the relay."""

import argparse
import logging
from collections.abc import Callable

import requests
from rich.console import Console
from rich.table import Table

from benchmarks.http import measure, ways
from benchmarks.logs import log_of
from local.app_settings import sample
from local.stack import Plan, running

_CLIENTS = 8
_DIRECT = {1: "requests to the emulator", _CLIENTS: f"requests to the emulator, {_CLIENTS} clients"}


def main() -> None:
    """Start a stack, measure all ways on it, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each way (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=400, help="PUTs of a round (default: %(default)s)")
    given = parser.parse_args()
    # The warning about the spec is made and not logged.
    logging.getLogger().addHandler(logging.NullHandler())
    with log_of("stack") as log, running(Plan(0, 0, 0), log) as stack:
        arm, app = stack.addresses.arm, stack.addresses.app
        requests.post(f"{arm}/_emulator/settings", json={"throttle": False}, timeout=10).raise_for_status()
        token = _token(arm)
        made = {
            "check alone, nothing sent": [ways.check()],
            _DIRECT[1]: [ways.direct(arm, token)],
            "handler to the emulator": [ways.handler(arm, token)],
            "stack: client, host, worker, handler, emulator": [ways.stack(app, token)],
            _DIRECT[_CLIENTS]: _clients(ways.direct, arm, token),
            f"stack, {_CLIENTS} clients": _clients(ways.stack, app, token),
        }
        rates = measure.rates(made, dict.fromkeys(made, given.calls), given.rounds)
    _show(rates, {name: len(together) for name, together in made.items()})


def _clients(way: Callable[[str, str], ways.Call], address: str, token: str) -> list[ways.Call]:
    return [way(address, token) for _ in range(_CLIENTS)]


def _token(arm: str) -> str:
    answer = requests.get(
        f"{arm}/_emulator/identity/token",
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": sample()["IDENTITY_HEADER"]},
        timeout=10,
    )
    return str(answer.json()["access_token"])


def _show(rates: dict[str, measure.Rate], clients: dict[str, int]) -> None:
    table = Table(title="Validated PUTs of an environment", title_justify="left")
    table.add_column("way")
    for heading in ("PUTs/s", "slowest round", "fastest round", "of the direct PUT"):
        table.add_column(heading, justify="right")
    for name, rate in rates.items():
        alternative = rates[_DIRECT[clients[name]]]
        numbers = (rate.median, rate.lowest, rate.highest)
        table.add_row(name, *(f"{number:,.0f}" for number in numbers), f"{rate.median / alternative.median:.2f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
