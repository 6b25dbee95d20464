"""Ports of the loopback address: which are free."""

import random
import socket
from collections.abc import Iterable

from local.errors import LocalError

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> int:
    """Return the first of `count` free ports in a row."""
    while True:
        # Below the ports that the system gives to outgoing connections, one of which could be faster.
        first = random.randint(20000, 32000)  # noqa: S311 - nothing to guess here
        if all(is_free(port) for port in range(first, first + count)):
            return first


def check_free(ports: Iterable[tuple[int, str]]) -> None:
    """Raise LocalError for the first port that is taken; each comes with what it is for."""
    for port, purpose in ports:
        if not is_free(port):
            raise LocalError(f"port {port}, wanted for {purpose}, is in use; choose another one, or 0 for a free one")


def is_free(port: int) -> bool:
    """Whether the port is free now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
