"""Ports of the loopback address: which are free."""

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from local.errors import LocalError

LOOPBACK = "127.0.0.1"
HIGHEST = 65535


_given: set[int] = set()


def free_ports(count: int) -> int:
    """Return the first of `count` free ports in a row, which no process on this machine is given from here again.

    As long as this process runs: what listens on them is started later, and may be started again.
    """
    while True:
        # Below the ports that the system gives to outgoing connections, one of which could be faster.
        first = random.randint(20000, 32000)  # noqa: S311 - nothing to guess here
        ports = range(first, first + count)
        if _given.isdisjoint(ports) and _reserved(first, count):
            _given.update(ports)
            if all(is_free(port) for port in ports):
                return first


def _reserved(first: int, count: int) -> bool:
    """Whether the ports are this process's now: each is a byte of a file, and the lock on it ends with the process."""
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, count, first)
    except OSError:
        return False
    return True


@cache
def _reservations() -> int:
    path = Path(tempfile.gettempdir()) / f"dag-relay-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def check_free(ports: Iterable[tuple[int, str]]) -> None:
    """Raise LocalError for the first port that is taken or wanted twice; each comes with what it is for."""
    wanted: dict[int, str] = {}
    for port, purpose in ports:
        if port in wanted:
            raise LocalError(f"port {port} is wanted for {wanted[port]} and for {purpose}; give one of them another")
        if not is_free(port):
            raise LocalError(f"port {port}, wanted for {purpose}, is in use; choose another one, or 0 for a free one")
        wanted[port] = purpose


def is_free(port: int) -> bool:
    """Whether the port is free now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
