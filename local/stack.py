"""The local stack: Azurite, the ARM emulator and the app in a Functions host, each a child process."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TextIO

from local.airflow.real import START_TIMEOUT_S, Installation, running_airflow
from local.app_settings import ROOT, Addresses, environment
from local.azurite import PORTS, Azurite
from local.errors import LocalError
from local.events.options import Events
from local.functions_host import FunctionsHost, HostName, require
from local.ports import LOOPBACK, check_free, free_ports
from local.processes import Child, Service, undisturbed
from local.releases import AIRFLOW_3
from local.routes_file import RoutesFile
from local.shapes import ShapeName, Storage, scale_groups

AirflowName = Literal["emulated", "real"]


@dataclass(frozen=True)
class Plan:
    """What to start, and where; a port of 0 means a free one. Without `events` the host polls.

    `settings` are the app's, and win over those of the caller. `routes` is a file with the list of routes, which is put
    into the app's storage before the app starts.
    """

    app_port: int = 7071
    arm_port: int = 7072
    storage_port: int = 10000
    host: HostName = "standin"
    enable_auth: bool = False
    events: Events | None = None
    airflow: AirflowName = "emulated"
    settings: Mapping[str, str] = field(default_factory=dict)
    shape: ShapeName = "local"
    routes: Path | None = None

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
    with ExitStack() as ending:
        storage = _storage(plan, ending)
        children: list[Child] = []
        airflow = _airflow(plan, ending, children, log)
        routes = RoutesFile(plan.routes)
        env = _environment(plan, storage, airflow, routes)
        _check_settings(env, routes)

        def start(name: str, command: list[str], **more: str) -> Child:
            with undisturbed():
                child = Child(name, command, env=env | more, cwd=ROOT, log=log)
                ending.callback(child.stop)
            children.append(child)
            return child

        accounts = [
            (start(name, azurite.command(ROOT), **azurite.env), azurite) for name, azurite in storage.accounts.items()
        ]
        arm = start("the ARM emulator", _arm_command(plan, storage.dags, airflow))
        for child, azurite in accounts:
            child.wait_until(azurite.answers)
        routes.put_into(storage)
        hosts = _hosts(plan, storage, env, routes)

        def start_app(host: FunctionsHost) -> Service:
            with undisturbed():
                app = host.service(log)
                ending.callback(app.stop)
            return app

        # The first makes the keys of all: where two of Microsoft's hosts make them at once, one fails and stays so.
        app = start_app(hosts[0])
        arm.ready_line()
        _supervise_once_ready(hosts[:1], [app])
        _supervise_once_ready(hosts[1:], [start_app(host) for host in hosts[1:]])
        if plan.events:
            start("the Event Grid", _events_command(plan.events, hosts)).ready_line()
        if airflow:
            children[0].wait_until(airflow.answers, START_TIMEOUT_S)
        yield Stack(_addresses(plan, storage, hosts[0].url, airflow), tuple(children), airflow)


def _environment(plan: Plan, storage: Storage, airflow: Installation | None, routes: RoutesFile) -> dict[str, str]:
    """Return the environment of all processes; the caller's wins over the stack's own, the plan's over both."""
    settings = {
        **storage.settings,
        **(airflow.asking if airflow else {}),
        **os.environ,
        **routes.settings,
        **plan.settings,
    }
    env = environment(
        settings,
        arm=f"http://{LOOPBACK}:{plan.arm_port}",
        connection_string=None if storage.certificate else storage.own.connection_string,
        event_grid=plan.events is not None,
    )
    return env | storage.trusting


def _supervise_once_ready(hosts: Sequence[FunctionsHost], apps: Sequence[Service]) -> None:
    for host, app in zip(hosts, apps, strict=True):
        host.wait_until_ready(app.child)
        app.supervise()


def _storage(plan: Plan, ending: ExitStack) -> Storage:
    if plan.shape == "local":
        return Storage.local(plan.storage_port)
    folder = ending.enter_context(TemporaryDirectory(prefix="dag-relay-"))
    return Storage.deployed(plan.storage_port, Path(folder))


def _hosts(plan: Plan, storage: Storage, env: dict[str, str], routes: RoutesFile) -> list[FunctionsHost]:
    """Return the hosts of the app, the first of which answers HTTP: one, or one for each group that scales alone."""
    if storage.certificate is None:
        return [FunctionsHost(plan.host, plan.app_port, env, enable_auth=plan.enable_auth)]
    return [
        FunctionsHost(
            plan.host,
            plan.app_port if group.name == "http" else free_ports(1),
            {**env, **group.disabled},
            enable_auth=plan.enable_auth,
            name=f"the Functions host for {group.name}",
            secrets=storage.own.connection_string,
            certificate=storage.certificate.bundle,
        )
        for group in scale_groups(_triggers(env, routes))
    ]


def _triggers(env: Mapping[str, str], routes: RoutesFile) -> dict[str, str]:
    """Return the app's functions, each with the type of its trigger."""
    from shared.functions import function_app

    functions = function_app(env, routes.read).get_functions()
    found = ((str(each.get_function_name()), each.get_trigger()) for each in functions)
    return {name: trigger.get_binding_name() for name, trigger in found if trigger}


def _addresses(plan: Plan, storage: Storage, app: str, airflow: Installation | None) -> Addresses:
    arm_url, made = f"http://{LOOPBACK}:{plan.arm_port}", storage.certificate
    return Addresses(
        app,
        arm_url,
        f"{arm_url}/v1",
        storage.dags.blob_url,
        storage.own.queue_url,
        storage.dags.connection_string,
        airflow.url if airflow else None,
        storage.own.connection_string if made else None,
        str(made.certificate) if made else None,
    )


def _airflow(plan: Plan, ending: ExitStack, children: list[Child], log: TextIO) -> Installation | None:
    """Start a real Airflow if the plan has one; it needs longest, so that the rest starts beside it."""
    if plan.airflow == "emulated":
        return None
    AIRFLOW_3.install(lambda done, of: print(f"installing Airflow {AIRFLOW_3.version}: {done} of {of}", file=log))
    airflow, services = ending.enter_context(running_airflow(AIRFLOW_3, free_ports(1), log))
    children += services
    return airflow


def _check_settings(env: Mapping[str, str], routes: RoutesFile) -> None:
    """Raise LocalError for settings with which the app would start and do nothing."""
    # `python -m local host` may run where the app's packages are on the path of the worker only.
    from shared.errors import SettingsError
    from shared.settings import read_settings

    try:
        read_settings(env, routes.read)
    except SettingsError as error:
        raise LocalError(str(error)) from None


def _arm_command(plan: Plan, storage: Azurite, airflow: Installation | None) -> list[str]:
    module = [sys.executable, "-m", "local", "arm"]
    real = ["--airflow-url", airflow.url, "--airflow-home", str(airflow.home)] if airflow else []
    return [*module, "--port", str(plan.arm_port), "--storage-connection-string", storage.connection_string, *real]


def _events_command(options: Events, hosts: Sequence[FunctionsHost]) -> list[str]:
    apps = [word for host in hosts for word in ("--app", host.url)]
    return [sys.executable, "-m", "local", "events", *apps, *options.as_arguments()]
