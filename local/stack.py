"""The local stack: Azurite, the ARM emulator and the app in a Functions host, each a child process."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, TextIO

from local.airflow.real import START_TIMEOUT_S, Installation, running_airflow
from local.app_settings import ROOT, Addresses, environment
from local.azurite import PORTS, Azurite
from local.errors import LocalError
from local.events.options import Events
from local.functions_host import FunctionsHost, HostName, require
from local.ports import LOOPBACK, check_free, free_ports
from local.processes import Child
from local.releases import AIRFLOW_3
from shared.errors import SettingsError
from shared.settings import read_settings

AirflowName = Literal["emulated", "real"]


@dataclass(frozen=True)
class Plan:
    """What to start, and where; a port of 0 means a free one. Without `events` the host polls.

    `settings` are the app's, and win over those of the caller.
    """

    app_port: int = 7071
    arm_port: int = 7072
    storage_port: int = 10000
    host: HostName = "standin"
    enable_auth: bool = False
    events: Events | None = None
    airflow: AirflowName = "emulated"
    settings: Mapping[str, str] = field(default_factory=dict)

    def checked(self) -> "Plan":
        """Return the plan with every port chosen; raise LocalError if a port or the host is not to be had."""
        check_free([(port, purpose) for port, purpose in self._ports() if port])
        require(self.host)
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
    airflow: Installation | None = None

    def wait(self) -> None:
        """Wait until one of its parts ends, which none should; raise LocalError that says which.

        The Functions host is not among them: it may end, and is started again.
        """
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
    with ExitStack() as ending:
        children: list[Child] = []
        airflow = _airflow(plan, ending, children, log)
        env = environment(
            {**(airflow.asking if airflow else {}), **os.environ, **plan.settings},
            arm=arm_url,
            connection_string=storage.connection_string,
            event_grid=plan.events is not None,
        )
        _check_settings(env)

        def start(name: str, command: list[str]) -> Child:
            child = Child(name, command, env=env, cwd=ROOT, log=log)
            ending.callback(child.stop)
            children.append(child)
            return child

        azurite = start("Azurite", storage.command(ROOT))
        arm = start("the ARM emulator", _arm_command(plan, storage, airflow))
        azurite.wait_until(storage.answers)
        host = FunctionsHost(plan.host, plan.app_port, env, enable_auth=plan.enable_auth)
        app = host.service(log)
        ending.callback(app.stop)
        arm.ready_line()
        host.wait_until_ready(app.child)
        app.supervise()
        if plan.events:
            start("the Event Grid", _events_command(plan.events, host.url)).ready_line()
        if airflow:
            children[0].wait_until(airflow.answers, START_TIMEOUT_S)
        own = f"{arm_url}/v1", storage.blob_url, storage.queue_url, storage.connection_string
        yield Stack(Addresses(app_url, arm_url, *own, airflow.url if airflow else None), tuple(children), airflow)


def _airflow(plan: Plan, ending: ExitStack, children: list[Child], log: TextIO) -> Installation | None:
    """Start a real Airflow if the plan has one; it needs longest, so that the rest starts beside it."""
    if plan.airflow == "emulated":
        return None
    AIRFLOW_3.install(lambda done, of: print(f"installing Airflow {AIRFLOW_3.version}: {done} of {of}", file=log))
    airflow, services = ending.enter_context(running_airflow(AIRFLOW_3, free_ports(1), log))
    children += services
    return airflow


def _check_settings(env: Mapping[str, str]) -> None:
    """Raise LocalError for settings with which the app would start and do nothing."""
    try:
        read_settings(env)
    except SettingsError as error:
        raise LocalError(str(error)) from None


def _arm_command(plan: Plan, storage: Azurite, airflow: Installation | None) -> list[str]:
    module = [sys.executable, "-m", "local", "arm"]
    real = ["--airflow-url", airflow.url, "--airflow-home", str(airflow.home)] if airflow else []
    return [*module, "--port", str(plan.arm_port), "--storage-connection-string", storage.connection_string, *real]


def _events_command(options: Events, app: str) -> list[str]:
    return [sys.executable, "-m", "local", "events", "--app", app, *options.as_arguments()]
