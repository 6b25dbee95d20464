"""The storage that benchmarks measure on: an Azurite of their own, which prints nothing into their tables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from local.app_settings import ROOT
from local.azurite import PORTS, Azurite
from local.ports import free_ports
from local.processes import Child


@contextmanager
def running_azurite() -> Iterator[Azurite]:
    """Start an Azurite and wait until it answers; it ends with the block."""
    azurite = Azurite(free_ports(PORTS))
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - the null device is no file to keep
        child = Child("Azurite", azurite.command(ROOT), env=os.environ, cwd=ROOT, log=nowhere)
        try:
            child.wait_until(azurite.answers)
            yield azurite
        finally:
            child.stop()
