"""A real Airflow on loopback, with what parses files and what answers requests, and nothing that runs tasks.

3.x: `api-server` and `dag-processor`. 2.x: `webserver` and `scheduler`, which parses files there. Sqlite, one user who
may only look, and a folder of its own that is gone afterwards.
"""

import json
import os
import secrets
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

from local.errors import LocalError
from local.ports import LOOPBACK
from local.processes import Child, undisturbed
from local.releases import AIRFLOW_2, AIRFLOW_3, Release

# Two cores that are busy otherwise need a minute; a webserver of 2.x forks and imports everything again.
START_TIMEOUT_S = 240.0
# The machine's own variables of these kinds would change what is started.
_NOT_PASSED_ON = ("AIRFLOW", "RELAY_", "AZURE_", "IDENTITY_", "MSI_", "ARM_")

_SETUP: Mapping[Release, tuple[tuple[str, ...], ...]] = {
    AIRFLOW_3: (("db", "migrate"),),
    AIRFLOW_2: (("db", "migrate"), ("sync-perm",)),
}
_SERVICES: Mapping[Release, tuple[str, str]] = {
    AIRFLOW_3: ("api-server", "dag-processor"),
    AIRFLOW_2: ("webserver", "scheduler"),
}


@dataclass(frozen=True)
class Installation:
    """One Airflow that is about to run: its release, the folder above `dags`, its port, and who may look."""

    release: Release
    home: Path
    port: int
    user: str = "dag-relay"

    @cached_property
    def password(self) -> str:
        """The user's password, new in each run."""
        return secrets.token_urlsafe(16)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}/"

    @property
    def asking(self) -> dict[str, str]:
        """The settings with which the relay asks it."""
        return {
            "RELAY_AIRFLOW_API": "basic",
            "RELAY_AIRFLOW_USER": self.user,
            "RELAY_AIRFLOW_PASSWORD": self.password,
        }

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables of its processes."""
        machine = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        common = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.home / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "NO_PROXY": "*",
            "PATH": f"{self.release.program.parent}:{os.environ.get('PATH', '')}",
        }
        return machine | common | (self._of_3() if self.release is AIRFLOW_3 else self._of_2())

    def _of_3(self) -> dict[str, str]:
        return {
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{self.user}:viewer",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        }

    def _of_2(self) -> dict[str, str]:
        return {
            "AIRFLOW__CORE__EXECUTOR": "SequentialExecutor",
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.basic_auth",
            "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "5",
            "AIRFLOW__WEBSERVER__SECRET_KEY": secrets.token_hex(32),
            "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": LOOPBACK,
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(self.port),
            "AIRFLOW__WEBSERVER__WORKERS": "1",
            "AIRFLOW__WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": "600",
            "AIRFLOW__WEBSERVER__WEB_SERVER_WORKER_TIMEOUT": "600",
        }

    def prepare(self, log: TextIO) -> None:
        """Make the folders, the database and the user; raise LocalError where Airflow does not do that."""
        (self.home / "dags").mkdir(parents=True)
        (self.home / "plugins").mkdir()
        passwords = self.home / "passwords.json"
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({self.user: self.password}))
        for arguments in _SETUP[self.release]:
            self._run(arguments, log)
        if self.release is AIRFLOW_2:
            name = ("--firstname", "DAG", "--lastname", "Relay", "--email", f"{self.user}@example.com")
            login = ("--username", self.user, "--password", self.password, "--role", "Viewer")
            self._run(("users", "create", *login, *name), log)

    def _run(self, arguments: tuple[str, ...], log: TextIO) -> None:
        command = [str(self.release.program), *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
        if done.returncode:
            raise LocalError(f"`airflow {arguments[0]}` ended with exit code {done.returncode}")

    def answers(self) -> bool:
        """Whether it answers requests."""
        api = "v2" if self.release is AIRFLOW_3 else "v1"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(f"{self.url}api/{api}/version", timeout=5).close()
        except (OSError, urllib.error.HTTPError):
            return False
        return True


@contextmanager
def running_airflow(release: Release, port: int, log: TextIO) -> Iterator[tuple[Installation, tuple[Child, ...]]]:
    """Run an installed release until the context ends; it may still be starting when this begins (`wait_until`)."""
    with ExitStack() as ending:
        home = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="airflow-", ignore_cleanup_errors=True)))
        airflow = Installation(release, home / "airflow", port)
        airflow.prepare(log)
        children = []
        for service in _SERVICES[release]:
            command = [str(release.program), service]
            with undisturbed():
                child = Child(f"Airflow's {service}", command, env=airflow.environment, cwd=airflow.home, log=log)
                ending.callback(_end, child)
            children.append(child)
        yield airflow, tuple(children)


def _end(child: Child) -> None:
    """End a service and what it has forked, which does not always end with it."""
    child.stop()
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
