"""The storage that benchmarks measure on: an Azurite of their own, which prints nothing into their tables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.logs import log_of
from local.app_settings import ROOT
from local.azurite import PORTS, Azurite
from local.ports import free_ports
from local.processes import Child


@contextmanager
def running_azurite() -> Iterator[Azurite]:
    """Start an Azurite and wait until it answers; it ends with the block."""
    azurite = Azurite(free_ports(PORTS))
    with log_of("azurite") as log:
        child = Child("Azurite", azurite.command(ROOT), env=os.environ, cwd=ROOT, log=log)
        try:
            child.wait_until(azurite.answers)
            yield azurite
        finally:
            child.stop()
