"""Starts the stand-in, says when it is ready, and ends it."""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from local.host.errors import StartError
from local.host.functions import describe
from local.host.host import Host
from local.host.settings import read_host_config
from local.host.web_app import web_app
from local.host.worker import index_app

_LOG = logging.getLogger("standin")
_ADDRESS = "127.0.0.1"
_GRACE_SECONDS = 5.0
# Their INFO is about every request and every invocation, which the stand-in says in its own words.
_CHATTY = ("azure", "aiohttp.access")


def serve(*, port: int, app_dir: Path, enable_auth: bool) -> None:
    """Serve the app in `app_dir` until SIGTERM or SIGINT. A start that fails is one line on stderr and exit code 1."""
    try:
        finished = asyncio.run(_serve(port, app_dir.resolve(), enable_auth=enable_auth))
    except StartError as error:
        print(f"stand-in host: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    logging.shutdown()
    if not finished:
        # A function that runs in a thread cannot be stopped, and Python would wait for it.
        os._exit(0)


async def _serve(port: int, app_dir: Path, *, enable_auth: bool) -> bool:
    """Return whether every function that was started has ended."""
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    # What `func start` does, too.
    os.environ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development"
    config = read_host_config(app_dir, os.environ)
    _log_to_stderr(config.log_level)
    with _bind(port) as listening:
        host = Host(app_dir, describe(await index_app(app_dir), os.environ), config, os.environ)
        runner = web.AppRunner(
            web_app(host, enable_auth=enable_auth),
            access_log=None,
            auto_decompress=False,
            handle_signals=False,
            shutdown_timeout=_GRACE_SECONDS,
        )
        await runner.setup()
        await web.SockSite(runner, listening).start()
        _say_ready(host, listening)
        return await _run_until(stop, host, runner)


async def _run_until(stop: asyncio.Event, host: Host, runner: web.AppRunner) -> bool:
    listeners = asyncio.ensure_future(host.listen())
    await stop.wait()
    _LOG.info("Stopping")
    listeners.cancel()
    with suppress(asyncio.CancelledError):
        await listeners
    await asyncio.gather(runner.cleanup(), host.invoker.drain(_GRACE_SECONDS))
    await host.accounts.close()
    return host.invoker.is_idle()


def _bind(port: int) -> socket.socket:
    try:
        return socket.create_server((_ADDRESS, port))
    except OSError as error:
        raise StartError(f"cannot listen on {_ADDRESS}:{port}: {error.strerror}") from error


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _say_ready(host: Host, listening: socket.socket) -> None:
    address = f"http://{_ADDRESS}:{listening.getsockname()[1]}"
    _LOG.info("The stand-in Functions host (%s) serves %d functions on %s", host.id, len(host.functions), address)
    print(json.dumps({"ready": True, "app": address}), flush=True)
