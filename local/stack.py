"""The local stack: Azurite, the ARM emulator and the app in a Functions host, each a child process."""

import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Literal, TextIO

from local.app_settings import ROOT, Addresses, environment
from local.azurite import PORTS, Azurite
from local.errors import LocalError
from local.events.options import Events
from local.ports import LOOPBACK, check_free, free_ports
from local.processes import Child

HostName = Literal["standin", "func"]


@dataclass(frozen=True)
class Plan:
    """What to start, and where; a port of 0 means a free one. Without `events` the host polls."""

    app_port: int = 7071
    arm_port: int = 7072
    storage_port: int = 10000
    host: HostName = "standin"
    enable_auth: bool = False
    events: Events | None = None

    def checked(self) -> "Plan":
        """Return the plan with every port chosen; raise LocalError if a port or the host is not to be had."""
        check_free([(port, purpose) for port, purpose in self._ports() if port])
        if self.host == "func" and shutil.which("func") is None:
            raise LocalError("there is no `func` on this machine; install Azure Functions Core Tools or leave HOST out")
        return replace(
            self,
            app_port=self.app_port or free_ports(1),
            arm_port=self.arm_port or free_ports(1),
            storage_port=self.storage_port or free_ports(PORTS),
        )

    def _ports(self) -> list[tuple[int, str]]:
        services = ("blob storage", "queue storage", "table storage")
        storage = [(self.storage_port + n, service) for n, service in enumerate(services) if self.storage_port]
        return [(self.app_port, "the app"), (self.arm_port, "the ARM emulator"), *storage]


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack."""

    addresses: Addresses
    children: tuple[Child, ...]

    def wait(self) -> None:
        """Wait until one of its processes ends, which none should; raise LocalError that says which."""
        while True:
            for child in self.children:
                if child.exit_code is not None:
                    raise LocalError(f"{child.name} ended with exit code {child.exit_code}; so does the stack")
            time.sleep(0.2)


@contextmanager
def running(plan: Plan, log: TextIO = sys.stderr) -> Iterator[Stack]:
    """Start the stack; end what was started when the context ends, the app first. All its logs go to `log`."""
    plan = plan.checked()
    storage = Azurite(plan.storage_port)
    arm_url, app_url = f"http://{LOOPBACK}:{plan.arm_port}", f"http://{LOOPBACK}:{plan.app_port}"
    addresses = Addresses(
        app_url, arm_url, f"{arm_url}/v1", storage.blob_url, storage.queue_url, storage.connection_string
    )
    env = environment(
        os.environ, arm=arm_url, connection_string=storage.connection_string, event_grid=plan.events is not None
    )
    with ExitStack() as ending:
        children: list[Child] = []

        def start(name: str, command: list[str]) -> Child:
            child = Child(name, command, env=env, cwd=ROOT, log=log)
            ending.callback(child.stop)
            children.append(child)
            return child

        azurite = start("Azurite", storage.command(ROOT))
        arm = start("the ARM emulator", _arm_command(plan, storage))
        azurite.wait_until(storage.answers)
        app = start("the Functions host", _host_command(plan))
        arm.ready_line()
        if plan.host == "func":
            app.wait_until(lambda: _answers(f"{app_url}/admin/host/status"))
        else:
            app.ready_line()
        if plan.events:
            start("the Event Grid", _events_command(plan.events, app_url)).ready_line()
        yield Stack(addresses, tuple(children))


def _arm_command(plan: Plan, storage: Azurite) -> list[str]:
    module = [sys.executable, "-m", "local", "arm"]
    return [*module, "--port", str(plan.arm_port), "--storage-connection-string", storage.connection_string]


def _host_command(plan: Plan) -> list[str]:
    if plan.host == "standin":
        auth = ["--enable-auth"] if plan.enable_auth else []
        return [sys.executable, "-m", "local", "host", "--port", str(plan.app_port), *auth]
    return ["func", "start", "--port", str(plan.app_port), *(["--enableAuth"] if plan.enable_auth else [])]


def _events_command(options: Events, app: str) -> list[str]:
    return [sys.executable, "-m", "local", "events", "--app", app, *options.as_arguments()]


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - our own loopback address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
