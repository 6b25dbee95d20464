"""The emulator as a process of its own."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Mapping
from functools import partial

from aiohttp import web

from local.airflow.real_folder import RealAirflow
from local.arm.app import make_app
from local.arm.importer import read_folder
from local.arm.settings import Seed
from local.arm.state import Emulator
from local.fabric import front as fabric

HOST = "127.0.0.1"

log = logging.getLogger(__name__)


def serve(*, port: int, storage: str, seed: Mapping[str, str], airflow: RealAirflow | None = None) -> None:
    """Serve until SIGTERM or SIGINT, on the loopback address only; `port` 0 picks a free one.

    `storage` is a connection string that is used by imports only; `seed` holds the sample's RELAY_* values. With a
    real `airflow` the seeded environment is that one. When it listens, one line of JSON on stdout says where. Raises
    SystemExit with one sentence if it cannot.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)
    try:
        emulator = Emulator(Seed.of(seed), partial(read_folder, storage), real_airflow=airflow)
    except ValueError as error:
        raise SystemExit(f"the ARM emulator cannot be seeded: {error}") from error
    asyncio.run(_serve(port, emulator))


async def _serve(port: int, emulator: Emulator) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(make_app(emulator), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await _listen(runner, port)
        await stop.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        raise SystemExit(f"the ARM emulator cannot listen on {HOST}:{port}: {error.strerror}") from error
    arm = f"http://{HOST}:{runner.addresses[0][1]}"
    sys.stdout.write(json.dumps({"ready": True, "arm": arm, "fabric": f"{arm}{fabric.PATH}"}) + "\n")
    sys.stdout.flush()
    log.info("the ARM emulator listens on %s; it is a stand-in, never Azure", arm)
