"""Starts the stand-in, says when it is ready, and ends it."""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from aiohttp import web

from local.host.errors import HostEnds, StartError
from local.host.functions import describe
from local.host.host import Host
from local.host.settings import read_host_config
from local.host.web_app import web_app
from local.host.worker import index_app

_LOG = logging.getLogger("standin")
_ADDRESS = "127.0.0.1"
# How long SIGTERM lets a request and a message go on.
_REQUEST_GRACE_SECONDS = 30.0
_MESSAGE_GRACE_SECONDS = 10.0
# Kestrel takes 32 KB of headers; what else it refuses is in web_app.
_HEADER_LIMIT = 32 * 1024


def serve(*, port: int, app_dir: Path, enable_auth: bool) -> None:
    """Serve the app in `app_dir` until SIGTERM or SIGINT. A start that fails is one line on stderr and exit code 1.

    What ends Microsoft's host ends this one, too, with exit code 1.
    """
    try:
        finished = asyncio.run(_serve(port, app_dir.resolve(), enable_auth=enable_auth))
    except StartError as error:
        print(f"stand-in host: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except HostEnds as error:
        _LOG.critical("An exception has left a listener. Host is shutting down: %s", error)
        logging.shutdown()
        os._exit(1)
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
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    config = read_host_config(app_dir, os.environ)
    _log_to_stderr(config.log_level)
    with _bind(port) as listening:
        host = Host(app_dir, describe(await index_app(app_dir), os.environ), config, os.environ)
        runner = web.AppRunner(
            web_app(host, enable_auth=enable_auth),
            access_log=None,
            auto_decompress=False,
            handle_signals=False,
            shutdown_timeout=_REQUEST_GRACE_SECONDS,
            max_line_size=2 * _HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
        )
        await runner.setup()
        await web.SockSite(runner, listening).start()
        _say_ready(host, listening)
        return await _run_until(stop, host, runner)


async def _run_until(stop: asyncio.Event, host: Host, runner: web.AppRunner) -> bool:
    stopping, listeners = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(host.listen())
    await asyncio.wait([stopping, listeners], return_when=asyncio.FIRST_COMPLETED)
    if listeners.done():
        raise _end(listeners.exception())
    _LOG.info("Stopping")
    listeners.cancel()
    await asyncio.gather(listeners, return_exceptions=True)
    await asyncio.gather(runner.cleanup(), host.invoker.drain(_MESSAGE_GRACE_SECONDS))
    await host.accounts.close()
    return host.invoker.is_idle()


def _end(error: BaseException | None) -> HostEnds:
    """Return the end that came out of the listeners, which run in groups."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, HostEnds) else HostEnds(repr(error))


def _bind(port: int) -> socket.socket:
    try:
        return socket.create_server((_ADDRESS, port))
    except OSError as error:
        raise StartError(f"cannot listen on {_ADDRESS}:{port}: {error.strerror}") from error


def _log_to_stderr(level: int) -> None:
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_not_of_our_requests)


def is_not_of_our_requests(record: logging.LogRecord) -> bool:
    """Tell whether a record is the app's or a warning; the host's own requests to storage are only shown as warnings.

    Functions run in threads, and the host in the main one.
    """
    ours = record.name.startswith("azure.") and record.thread == threading.main_thread().ident
    return not ours or record.levelno >= logging.WARNING


def _say_ready(host: Host, listening: socket.socket) -> None:
    address = f"http://{_ADDRESS}:{listening.getsockname()[1]}"
    _LOG.info("The stand-in Functions host (%s) serves %d functions on %s", host.id, len(host.functions), address)
    print(json.dumps({"ready": True, "app": address}), flush=True)
