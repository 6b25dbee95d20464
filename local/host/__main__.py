"""`python -m local.host`: run a function app on the stand-in host."""

import argparse
from pathlib import Path

from local.host.server import serve


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local.host", description="A stand-in for the Functions host.")
    parser.add_argument("--port", type=int, default=7071, help="0 picks a free one")
    parser.add_argument("--app-dir", type=Path, default=Path(), help="the folder that has function_app.py")
    parser.add_argument("--enable-auth", action="store_true", help="ask for keys, as in Azure")
    arguments = parser.parse_args()
    serve(port=arguments.port, app_dir=arguments.app_dir, enable_auth=arguments.enable_auth)


if __name__ == "__main__":
    main()
