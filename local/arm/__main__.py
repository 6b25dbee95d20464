"""`python -m local.arm --port 0`: the emulator alone, seeded from the sample settings."""

import argparse
import json
from pathlib import Path

from local.arm.server import serve

_SAMPLE = Path(__file__).parents[2] / "local.settings.sample.json"


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local.arm", description="Stand-in for ARM and Data Factory.")
    parser.add_argument("--port", type=int, default=7072, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--storage-connection-string", default="UseDevelopmentStorage=true", help="where imports read")
    given = parser.parse_args()
    seed = json.loads(_SAMPLE.read_text())["Values"]
    serve(port=given.port, storage=given.storage_connection_string, seed=seed)


main()
