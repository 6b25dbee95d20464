"""The Azure CLI in a virtual environment of its own, logged in to a running stack behind TLS.

It is installed where AZURE_CLI is set, as `make test-clients` does: that takes two minutes and 730 MB.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.app_settings import sample
from local.errors import LocalError
from local.releases import AZURE_CLI
from tests.e2e.conftest import Running, running_stack
from tests.https_front import https_front, made_certificate

CLOUD = "dag-relay"


@dataclass(frozen=True, slots=True)
class AzureCli:
    """`az` with a configuration of its own; `arm` and `app` are the addresses of the emulator and of the app."""

    environment: Mapping[str, str]
    arm: str
    app: str
    running: Running

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command: list[str | Path] = [AZURE_CLI.program, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=300)

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what a command prints; it has to succeed."""
        ran = self.run(*arguments, "--output", "json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout) if ran.stdout else None


@pytest.fixture(scope="session")
def _program() -> None:
    if not (AZURE_CLI.installed or os.environ.get("AZURE_CLI")):
        pytest.skip("the Azure CLI is installed by `make test-clients`")
    try:
        AZURE_CLI.install(lambda _done, _of: None)
    except LocalError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def _logged_in(_program: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureCli]:
    folder = tmp_path_factory.mktemp("az")
    certificate = made_certificate(folder)
    with ExitStack() as ending:
        running, _ = ending.enter_context(running_stack(RELAY_TRUST_PROXY="true"))
        arm, app = (
            ending.enter_context(https_front(each, certificate))
            for each in (running.addresses.arm, running.addresses.app)
        )
        identity = {
            "IDENTITY_ENDPOINT": f"{running.addresses.arm}/_emulator/identity/token",
            "IDENTITY_HEADER": sample()["IDENTITY_HEADER"],
        }
        az = AzureCli(os.environ | identity | _own_configuration(folder, certificate), arm, app, running)
        az.json("cloud", "register", "--name", CLOUD, "--endpoint-resource-manager", arm)
        az.json("cloud", "set", "--name", CLOUD)
        az.json("login", "--identity")
        yield az


def _own_configuration(folder: Path, certificate: Path) -> dict[str, str]:
    return {
        "AZURE_CONFIG_DIR": str(folder / "config"),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "REQUESTS_CA_BUNDLE": str(certificate),
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def on_arm(_logged_in: AzureCli) -> AzureCli:
    """The command with the emulator as its Azure Resource Manager."""
    return _led_to(_logged_in.arm, _logged_in)


@pytest.fixture
def on_app(_logged_in: AzureCli) -> AzureCli:
    """The command with the app in Azure Resource Manager's place."""
    return _led_to(f"{_logged_in.app}/api", _logged_in)


def _led_to(address: str, az: AzureCli) -> AzureCli:
    az.json("cloud", "update", "--name", CLOUD, "--endpoint-resource-manager", address, "--skip-endpoint-discovery")
    return az
