"""`python -m benchmarks.arm`: our PUT against that of azure-mgmt-datafactory and a bare `requests.Session().put`."""

import argparse
import json
import os
import sys
from pathlib import Path

import requests

from benchmarks.arm import callers, measure
from benchmarks.logs import log_of
from local.processes import Child

_ROOT = Path(__file__).parents[2]
# What our PUT may take of the others' wall time.
LIMITS = {callers.SAME_SETTINGS: 1.15, callers.SDK: 0.75}


def main() -> None:
    """Start an emulator, measure all ways that are installed against it, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arm", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="calls of each kind (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=7, help="fresh processes of each kind (default: %(default)s)")
    given = parser.parse_args()
    command = [sys.executable, "-m", "local", "arm", "--port", "0"]
    with log_of("arm-emulator") as log:
        emulator = Child("ARM emulator", command, env=os.environ, cwd=_ROOT, log=log)
        try:
            costs = _measure(emulator.ready_line()["arm"], given.rounds, given.processes)
        finally:
            emulator.stop()
    _show(costs)


def _measure(arm: str, rounds: int, processes: int) -> dict[str, measure.Cost]:
    requests.post(f"{arm}/_emulator/settings", json={"throttle": False}, timeout=10).raise_for_status()
    token = _token(arm)
    made = {name: make(arm, token) for name, make in callers.installed().items()}
    calls = measure.per_call(made, rounds)
    return {name: measure.Cost(*calls[name], *measure.fresh(name, arm, token, processes)) for name in made}


def _token(arm: str) -> str:
    sample = json.loads((_ROOT / "local.settings.sample.json").read_text())["Values"]
    answer = requests.get(
        f"{arm}/_emulator/identity/token",
        params={"api-version": "2019-08-01", "resource": "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": sample["IDENTITY_HEADER"]},
        timeout=10,
    )
    return str(answer.json()["access_token"])


def _show(costs: dict[str, measure.Cost]) -> None:
    _line(f"{'':24}{'wall ms':>10}{'CPU ms':>10}{'import ms':>11}{'MiB':>8}")
    for name, cost in costs.items():
        _line(f"{name:24}{cost.wall_ms:10.2f}{cost.cpu_ms:10.2f}{cost.import_ms:11.0f}{cost.memory_mib:8.1f}")
    ours = costs["ours"]
    for name, cost in costs.items():
        if name != "ours":
            limit = f" (limit {LIMITS[name]:.2f})" if name in LIMITS else ""
            ratios = f"wall {ours.wall_ms / cost.wall_ms:.2f}{limit}, CPU {ours.cpu_ms / cost.cpu_ms:.2f}"
            _line(f"ours / {name}: {ratios}")
    if callers.SDK not in costs:
        _line(f"{callers.SDK} is not installed here, so it was not measured")


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
