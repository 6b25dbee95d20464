"""`python -m tests.chaos`: rounds of chaos; exit code 1 if a promise was broken."""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from local.functions_host import HOSTS
from tests.chaos import fabric
from tests.chaos.rounds import Report, play_round


def main() -> int:
    """Play the rounds that were asked for; keep the logs of those that broke a promise."""
    asked = _parser().parse_args()
    first = asked.seed if asked.seed is not None else random.randrange(1_000_000)  # noqa: S311 - it is printed
    broken = 0
    for seed in range(first, first + asked.rounds):
        logs = Path(tempfile.mkdtemp(prefix=f"dag-relay-chaos-{seed}-"))
        sys.stdout.write(f"seed {seed}: playing\n")
        sys.stdout.flush()
        report: fabric.Report | Report = (
            fabric.play_round(seed, logs, asked.host)
            if asked.fabric
            else play_round(seed, asked.seconds, logs, asked.host)
        )
        sys.stdout.write(f"{report}\n")
        if report.violations:
            broken += 1
        else:
            shutil.rmtree(logs)
    sys.stdout.write(f"{asked.rounds} rounds, {broken} with violations\n")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Chaos on the real local stack")
    parser.add_argument("--seed", type=int, help="of the first round, the next ones count up; default: a random one")
    parser.add_argument("--seconds", type=float, default=120, help="of acts in a round; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=1, help="default: %(default)s")
    parser.add_argument(
        "--fabric", action="store_true", help="pushes of 300 files into a Fabric job; --seconds has no effect"
    )
    parser.add_argument("--host", choices=HOSTS, default=HOSTS[0], help="of the app processes; default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
